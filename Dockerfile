# The images of Dwipper: the function for AWS Lambda, by default, and the server for any container platform, with
# --target server.
#
#   docker build --platform linux/arm64 --provenance=false --build-arg VERSION=1.2.3 --tag dwipper .
#
# Lambda rejects images with attestations, hence --provenance=false.
#
# The base images are pinned by the digests of their indexes, which list the images of all architectures. Dependabot
# renews a digest each week. It reads no image that stands in an ARG. To renew one by hand, take the digest from
#
#   docker buildx imagetools inspect public.ecr.aws/lambda/python:3.13
FROM docker.io/library/python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS server-base

FROM public.ecr.aws/lambda/python:3.13@sha256:cd2a3c26471b144d1e03a4c5195a894ac8c622a7c74c91d3e500a8e4063cb73d AS function-base

FROM server-base AS server-contents
COPY deploy/install-packages.sh requirements/server.txt /build/
# On a platform that gives its containers a web identity, the credentials come from STS.
RUN /build/install-packages.sh /build/server.txt /build/packages cognito-idp dynamodb sqs sts
COPY app /build/app
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /build/app && chmod -R a=rX /build/app

FROM server-base AS server
ARG VERSION=unknown
LABEL org.opencontainers.image.title="dwipper-server" \
      org.opencontainers.image.description="Dwipper's API, served by uvicorn" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
# uvicorn reads its options from these variables. Behind a proxy, set UVICORN_PROXY_HEADERS=true and
# FORWARDED_ALLOW_IPS=<address of the proxy>. A request ends within 24 seconds after its body has arrived, and the server
# finishes requests when the container is stopped. So the platform should wait for 30 seconds.
#
# The same image runs the worker of the background jobs, with the same settings. A deployment needs at least one worker:
#
#   docker run --env-file SETTINGS --no-healthcheck --stop-timeout 60 dwipper-server python3 -m app.worker
#
# The worker listens on no port, so the health check would fail. When the container is stopped, the worker ends after its
# current batch of work, within 60 seconds. If it is killed, another worker receives its message after six minutes.
ENV PYTHONUNBUFFERED=1 \
    UVICORN_WS=none \
    UVICORN_HOST=0.0.0.0 \
    UVICORN_PORT=8000 \
    UVICORN_PROXY_HEADERS=false \
    UVICORN_SERVER_HEADER=false \
    UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=25
WORKDIR /srv/dwipper
COPY --from=server-contents /build/packages ./
COPY --from=server-contents /build/app ./app
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python3", "-c", "\
import http.client, os, sys; \
server = http.client.HTTPConnection('127.0.0.1', int(os.environ['UVICORN_PORT']), timeout=4); \
server.request('GET', '/health'); \
sys.exit(server.getresponse().status != 200)"]
CMD ["python3", "-m", "uvicorn", "app.main:app"]

FROM function-base AS function-contents
COPY deploy/install-packages.sh requirements/runtime.txt /build/
RUN /build/install-packages.sh /build/runtime.txt /build/packages cognito-idp dynamodb secretsmanager sqs
COPY app /build/app
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /build/app && chmod -R a=rX /build/app

# The task folder holds the app and its packages. It is first on the import path, so the packages of the base image are
# not used. serverless.yml runs the worker of the background jobs from the same image, with its own command.
FROM function-base AS function
ARG VERSION=unknown
LABEL org.opencontainers.image.title="dwipper" \
      org.opencontainers.image.description="Dwipper's API, as an AWS Lambda function" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=function-contents /build/packages ${LAMBDA_TASK_ROOT}/
COPY --from=function-contents /build/app ${LAMBDA_TASK_ROOT}/app
CMD ["app.lambda_handler.handler"]
