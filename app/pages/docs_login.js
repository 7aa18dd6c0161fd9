// A plugin of Swagger UI that shows why a login failed, in the dialog.
'use strict';

// Swagger UI reads the reason from `error_description` (RFC 6749, section 5.2). A problem has it in `detail`.
function describeProblem(response) {
  if (response.headers['content-type']?.startsWith('application/problem+json')) {
    const problem = JSON.parse(response.data);
    response.data = JSON.stringify({ ...problem, error_description: problem.detail });
  }
  return response;
}

const explainFailedLogins = () => ({
  statePlugins: {
    err: {
      wrapActions: {
        // The message is "Error: Bad Request, error: invalid_grant, description: …". Errors of the level "error" would
        // also stand at the top of the page.
        newAuthErr: (newAuthErr) => (error) =>
          newAuthErr({
            ...error,
            source: 'login',
            level: 'failed:',
            message: error.message.replace(/^.*?, description: /s, ''),
          }),
      },
    },
  },
});
