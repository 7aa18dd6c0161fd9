#!/usr/bin/env bash
# Deploy or smoke-test a stage in a pipeline, with the roles of deploy/roles.yml:
#
#   export AWS_REGION=eu-central-1
#   deploy/stage.sh live dev               print the digest and the commit of the current image, if there is one
#   deploy/stage.sh deploy dev sha256:…    deploy the image with this digest, and the templates beside this script
#   deploy/stage.sh smoke dev              run the smoke test against the stage
set -euo pipefail
cd "$(dirname "$0")/.."

print_usage() { echo "Usage: deploy/stage.sh live|deploy|smoke STAGE [DIGEST]" >&2; }

(($# >= 2)) || { print_usage; exit 2; }

# The arguments can come from a web form, so check them.
stage=$2
[[ $stage =~ ^(dev|prod)$ ]] || { echo "Unknown stage $stage: use dev or prod" >&2; exit 2; }

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

# Print the reason why an image must not wait for a canary (deploy/release.yml). Print nothing if there is none. An
# error of AWS goes to stderr, and is no reason.
find_reason_to_release_at_once() {
  local digest=$1 live newest raised
  live=$(print_current_image)
  live=${live%% *}
  # A rollback: a canary would leave the faulty version to most requests for ten minutes.
  if [[ $live && $live != "$digest" ]]; then
    newest=$(aws ecr describe-images --repository-name dwipper --image-ids "imageDigest=$live" "imageDigest=$digest" \
      --query 'sort_by(imageDetails, &imagePushedAt)[-1].imageDigest' --output text)
    [[ $newest != "$live" ]] || echo "the current image is newer"
  fi
  # CodeDeploy refuses a canary while one of its alarms is raised.
  raised=$(aws cloudwatch describe-alarms --state-value ALARM --query 'MetricAlarms[].AlarmName' --output text --alarm-names \
    "dwipper-$stage-function-errors" "dwipper-$stage-server-errors" "dwipper-$stage-sustained-server-errors")
  [[ ! $raised ]] || echo "these alarms are raised: $raised"
}

deploy() {
  local digest=$1 id reason
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "Invalid digest: use sha256:<64 hexadecimal digits>" >&2; exit 2; }
  id=$(print_account)
  export CLOUDFORMATION_ROLE_ARN="arn:aws:iam::$id:role/dwipper-$stage-cloudformation"
  export FUNCTION_BOUNDARY_ARN="arn:aws:iam::$id:policy/dwipper-$stage-function"
  reason=$(find_reason_to_release_at_once "$digest")
  if [[ ! ${RELEASE:-} && $reason ]]; then
    echo "Releasing at once: $reason" >&2
    export RELEASE=at-once
  fi
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
  deploy) deploy "${3:-}" ;;
  smoke) run_smoke_test ;;
  *) print_usage; exit 2 ;;
esac
