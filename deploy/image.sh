#!/usr/bin/env bash
# Print the digest of the function's image in ECR. Build, check and push the image first if ECR does not have it. Fail if
# the scan of the image has severe findings.
#
#   AWS_REGION=eu-central-1 deploy/image.sh COMMIT VERSION
#
# The commit becomes the tag of the image, so a deployed image identifies the templates that belong to it.
#
# ARCHITECTURE is that of the function: arm64, the default, or x86_64. A machine of the other architecture can build the
# image too if Docker emulates: https://docs.docker.com/build/building/multi-platform/#qemu
#
# .github/workflows/deploy.yml and deploy/buildspec-image.yml run this script, on the architecture of the function.
set -euo pipefail
cd "$(dirname "$0")/.."

(($# >= 2)) || { echo "Usage: deploy/image.sh COMMIT VERSION" >&2; exit 2; }

tag=$1
version=$2
case ${ARCHITECTURE:-arm64} in
  arm64) platform=linux/arm64 ;;
  # Another tag, because a tag cannot be moved. deploy/stage.sh removes the suffix.
  x86_64) platform=linux/amd64 tag+=-x86_64 ;;
  *) echo "Unknown ARCHITECTURE: use arm64 or x86_64" >&2; exit 2 ;;
esac
registry="$(aws sts get-caller-identity --query Account --output text).dkr.ecr.$AWS_REGION.amazonaws.com"

# The digest comes from ECR, not from the build: a tag cannot be moved, and its image in ECR is the one that will run.
print_digest() {
  aws ecr describe-images --repository-name dwipper --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].imageDigest' --output text
}

build_and_push() {
  aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
  # Lambda rejects images with attestations.
  docker buildx build --platform "$platform" --provenance=false --sbom=false --target function \
    --build-arg "VERSION=$version" --tag "$registry/dwipper:$tag" --load .
  bash deploy/check-image.sh "$registry/dwipper:$tag"
  docker push "$registry/dwipper:$tag"
}

if error=$(print_digest 2>&1 >/dev/null); then
  echo "Image $tag exists already" >&2
elif [[ $error == *ImageNotFoundException* ]]; then
  build_and_push >&2
else
  echo "$error" >&2
  exit 1
fi
bash deploy/check-findings.sh "$tag" >&2
print_digest
