#!/usr/bin/env bash
# What a pipeline does to a stage, with the roles of deploy/roles.yml:
#
#   deploy/stage.sh live dev               print digest and commit of what is live; nothing where there is nothing
#   deploy/stage.sh deploy dev sha256:…    bring that image, and the templates beside this script
#   deploy/stage.sh smoke dev              try what came up
set -euo pipefail
cd "$(dirname "$0")/.."

# What people type into a form comes here.
stage=$2
[[ $stage =~ ^(dev|prod)$ ]] || { echo "No such stage" >&2; exit 2; }

account() { aws sts get-caller-identity --query Account --output text; }

live() {
  local image commit
  if image=$(aws lambda get-function --function-name "dwipper-$stage-api" --query Code.ResolvedImageUri --output text 2>&1); then
    commit=$(aws ecr describe-images --repository-name dwipper --image-ids "imageDigest=${image##*@}" \
      --query 'imageDetails[0].imageTags[0]' --output text)
    echo "${image##*@} $commit"
  elif [[ $image != *ResourceNotFoundException* ]]; then
    echo "$image" >&2
    return 1
  fi
}

deploy() {
  local digest=$1 id
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "No digest of an image" >&2; exit 2; }
  id=$(account)
  export CLOUDFORMATION_ROLE_ARN="arn:aws:iam::$id:role/dwipper-$stage-cloudformation"
  export FUNCTION_BOUNDARY_ARN="arn:aws:iam::$id:policy/dwipper-$stage-function"
  make deploy STAGE="$stage" IMAGE="$id.dkr.ecr.$AWS_REGION.amazonaws.com/dwipper@$digest"
}

output() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

smoke() {
  local outputs url pool
  outputs=$(make --silent --no-print-directory outputs STAGE="$stage")
  url=$(output ApiUrl <<<"$outputs")
  pool=$(output UserPoolId <<<"$outputs")
  make smoke URL="$url" USER_POOL_ID="$pool"
}

case $1 in
  live) live ;;
  deploy) deploy "$3" ;;
  smoke) smoke ;;
  *) echo "live, deploy or smoke" >&2; exit 2 ;;
esac
