// Starts Swagger UI.
'use strict';

// Swagger UI has a dark mode, but does not follow the setting of the system.
const systemDarkMode = matchMedia('(prefers-color-scheme: dark)');
const followSystem = () => document.documentElement.classList.toggle('dark-mode', systemDarkMode.matches);
systemDarkMode.addEventListener('change', followSystem);
followSystem();

SwaggerUIBundle({
  dom_id: '#docs',
  url: 'openapi.json',
  deepLinking: true,
  // The schema of each body stands at its operation, so the list of all schemas is closed.
  defaultModelsExpandDepth: 0,
  plugins: [followLinks, shortenResponses, explainFailedLogins, improveAccessibility],
  responseInterceptor: describeProblem,
  showCommonExtensions: true,
  syntaxHighlight: { theme: 'obsidian' },
});
