// Swagger UI, over the document of this service.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Its validator is another server.
  validatorUrl: null,
});
