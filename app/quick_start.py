"""Work of other packages that a start of the Lambda function can do without. Import this module before the packages."""

import os
import sys
from types import ModuleType

# pydantic looks for plugins among all installed packages. There are none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel

# FastAPI imports its models of an OpenAPI document. Few processes serve the document, so they are built on first use.
_model_rebuild = vars(BaseModel)["model_rebuild"]
BaseModel.model_config["defer_build"] = True
# FastAPI calls the method without arguments, to build three models. pydantic calls it with arguments, on first use.
BaseModel.model_rebuild = classmethod(  # type: ignore[method-assign, assignment]
    lambda model, **options: _model_rebuild.__get__(None, model)(**options) if options else None
)
import fastapi.openapi.models  # noqa: E402, F401 -- imported here, so that only these models are deferred

BaseModel.model_rebuild = _model_rebuild  # type: ignore[method-assign]
del BaseModel.model_config["defer_build"]

# boto3 imports the transfers of S3, and `multiprocessing` with them. The function does not use S3.
_transfers = ModuleType("s3transfer.manager")
_transfers.TransferConfig = object  # type: ignore[attr-defined]
sys.modules["s3transfer.manager"] = _transfers
import boto3  # noqa: E402, F401 -- imported here, so that only boto3 gets the stand-in

del sys.modules["s3transfer.manager"]
