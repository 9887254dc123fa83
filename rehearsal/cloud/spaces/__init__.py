"""A stand-in for Spaces: the part of the S3 protocol that Pulumi's provider, restic and boto3 speak, over files.

It runs in a container of its own, so it imports nothing from outside this folder but Starlette and uvicorn.
"""
