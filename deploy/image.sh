#!/usr/bin/env bash
# Builds the function's image, tries it and pushes it to ECR, unless it is there; prints its digest:
# deploy/image.sh COMMIT VERSION. The commit is its tag, so that what is live says which templates it came with.
#
# For pipelines: .github/workflows/deploy.yml and deploy/buildspec-image.yml. On an arm64 machine, as Lambda runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=$1
version=$2
registry="$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.amazonaws.com"

# ECR says it, and not the build: a tag is never moved, and what it leads to is what will be run.
digest() {
  aws ecr describe-images --repository-name dwipper --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].imageDigest' --output text
}

build() {
  aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
  # Lambda refuses attestations.
  docker buildx build --platform linux/arm64 --provenance=false --sbom=false --target function \
    ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} --build-arg "VERSION=$version" \
    --tag "$registry/dwipper:$tag" --load .
  bash deploy/check-image.sh "$registry/dwipper:$tag"
  docker push "$registry/dwipper:$tag"
}

if error=$(digest 2>&1 >/dev/null); then
  echo "Image $tag is there already" >&2
elif [[ $error == *ImageNotFoundException* ]]; then
  build >&2
else
  echo "$error" >&2
  exit 1
fi
digest
