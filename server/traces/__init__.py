"""OpenTelemetry: some requests, frames and videos step by step, where a collector takes them."""
