"""FastAPI, imported without building the pydantic models that describe an OpenAPI document.

They take a third of FastAPI's import, which a cold start waits for, and only ``/openapi.json``
reads them. With pydantic's ``defer_build`` each is built when it is first used. The setting is
inherited at the moment a class is made, so it is lent to ``BaseModel`` for this one import.
"""

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True
try:
    from fastapi import FastAPI
finally:
    del BaseModel.model_config["defer_build"]

__all__ = ["FastAPI"]
