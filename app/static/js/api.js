// The API's document as a page. What is tried here is signed in by the browser's cookie, so it carries the form's token.
const place = document.getElementById("api");
const token = document.querySelector('meta[name="csrf-token"]').content;

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: false,
  validatorUrl: null,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  onComplete: () => place.querySelector("main")?.setAttribute("role", "presentation"), // ours is the page's main part
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = token;
    request.headers["Accept-Language"] = document.documentElement.lang;
    return request;
  },
});
