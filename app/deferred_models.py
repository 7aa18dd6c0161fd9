"""FastAPI's models of an OpenAPI document, built on first use.

Few processes serve the document, but FastAPI imports its models at every start. Import this module before FastAPI.
"""

import os

# pydantic looks for plugins among all installed packages. There are none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel

_model_rebuild = vars(BaseModel)["model_rebuild"]
BaseModel.model_config["defer_build"] = True
# FastAPI calls the method without arguments, to build three models. pydantic calls it with arguments, on first use.
BaseModel.model_rebuild = classmethod(  # type: ignore[method-assign, assignment]
    lambda model, **options: _model_rebuild.__get__(None, model)(**options) if options else None
)
import fastapi.openapi.models  # noqa: E402, F401 -- imported here, so that only these models are deferred

BaseModel.model_rebuild = _model_rebuild  # type: ignore[method-assign]
del BaseModel.model_config["defer_build"]
