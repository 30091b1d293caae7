"""The HTTP server: application factory, a blueprint a noun, problems, security, the built client."""
