// Redoc, over the document of this service. Its search needs a worker made of text, which our
// policy for scripts does not allow.
window.Redoc.init(
  "/openapi.json",
  { disableSearch: true, hideDownloadButtons: false, nativeScrollbars: true },
  document.getElementById("api"),
);
