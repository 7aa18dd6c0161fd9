#!/usr/bin/env bash
# Deploy or smoke-test a stage in a pipeline, with the roles of deploy/roles.yml:
#
#   export AWS_REGION=eu-central-1
#   deploy/stage.sh live dev               print the digest and the commit of the current image, if there is one
#   deploy/stage.sh deploy dev sha256:…    deploy the image with this digest, and the templates beside this script
#   deploy/stage.sh smoke dev              run the smoke test against the stage
set -euo pipefail
cd "$(dirname "$0")/.."

# The arguments can come from a web form, so check them.
stage=$2
[[ $stage =~ ^(dev|prod)$ ]] || { echo "Unknown stage: use dev or prod" >&2; exit 2; }

print_account() { aws sts get-caller-identity --query Account --output text; }

print_current_image() {
  local image commit
  if image=$(aws lambda get-function --function-name "dwipper-$stage-api" --query Code.ResolvedImageUri --output text 2>&1); then
    commit=$(aws ecr describe-images --repository-name dwipper --image-ids "imageDigest=${image##*@}" \
      --query 'imageDetails[0].imageTags[0]' --output text)
    echo "${image##*@} ${commit%-x86_64}" # deploy/image.sh adds the suffix
  elif [[ $image != *ResourceNotFoundException* ]]; then
    echo "$image" >&2
    return 1
  fi
}

deploy() {
  local digest=$1 id
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "Invalid digest: use sha256:<64 hexadecimal digits>" >&2; exit 2; }
  id=$(print_account)
  export CLOUDFORMATION_ROLE_ARN="arn:aws:iam::$id:role/dwipper-$stage-cloudformation"
  export FUNCTION_BOUNDARY_ARN="arn:aws:iam::$id:policy/dwipper-$stage-function"
  make deploy STAGE="$stage" IMAGE="$id.dkr.ecr.$AWS_REGION.amazonaws.com/dwipper@$digest"
}

extract_output() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

run_smoke_test() {
  local outputs url pool
  outputs=$(make --silent --no-print-directory outputs STAGE="$stage")
  url=$(extract_output ApiUrl <<<"$outputs")
  pool=$(extract_output UserPoolId <<<"$outputs")
  make smoke URL="$url" USER_POOL_ID="$pool"
}

case $1 in
  live) print_current_image ;;
  deploy) deploy "$3" ;;
  smoke) run_smoke_test ;;
  *) echo "Usage: deploy/stage.sh live|deploy|smoke STAGE [DIGEST]" >&2; exit 2 ;;
esac
