#!/usr/bin/env bash
# Wait for ECR's scan of an image, and fail if it has a critical or high finding that nobody accepted:
#
#   AWS_REGION=eu-central-1 deploy/check-findings.sh TAG
#
# requirements/accepted-findings.txt lists the accepted findings. deploy/account.yml turns on the scan after a push.
#
# If there is no scan, the script fails too. ALLOW_UNSCANNED_IMAGE=1 permits an image without a scan, but no finding.
set -euo pipefail
cd "$(dirname "$0")/.."

(($# >= 1)) || { echo "Usage: deploy/check-findings.sh TAG" >&2; exit 2; }

tag=$1
MAX_POLLS=30
POLL_SECONDS=20

describe_scan() {
  aws ecr describe-image-scan-findings --repository-name dwipper --image-id "imageTag=$tag" --output text --query "$1"
}

# The text output has a line for each page of findings, and the status is the same on each page.
read_status() { describe_scan 'imageScanStatus.status' | head -n 1; }

# The findings of basic scanning, and of enhanced scanning by Amazon Inspector:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFindings.html
list_severe_findings() {
  describe_scan "imageScanFindings.[findings[?severity=='CRITICAL'||severity=='HIGH'].name,
    enhancedFindings[?severity=='CRITICAL'||severity=='HIGH'].packageVulnerabilityDetails.vulnerabilityId][]"
}

fail_without_scan() {
  echo "ECR has not scanned the image $tag: $1" >&2
  [[ ${ALLOW_UNSCANNED_IMAGE:-} == 1 ]] && exit 0
  echo "Set ALLOW_UNSCANNED_IMAGE=1 to deploy it nevertheless." >&2
  exit 1
}

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html
# ECR's waiter does not know ACTIVE, the status of an image under enhanced scanning. It also fails before the scan begins.
wait_for_scan() {
  local status poll
  for ((poll = 0; poll < MAX_POLLS; poll++)); do
    status=$(read_status 2>&1) || true
    case $status in
      COMPLETE | ACTIVE) return ;;
      IN_PROGRESS | PENDING | *ScanNotFoundException*) sleep "$POLL_SECONDS" ;;
      *) fail_without_scan "$status" ;;
    esac
  done
  fail_without_scan "$status after $((MAX_POLLS * POLL_SECONDS)) seconds"
}

is_accepted() { grep --quiet --fixed-strings --line-regexp -- "$1" <(awk '/^[^#]/ { print $1 }' requirements/accepted-findings.txt); }

wait_for_scan
findings=$(list_severe_findings)
refused=()
for finding in $findings; do
  [[ $finding == None ]] || is_accepted "$finding" || refused+=("$finding")
done
if ((${#refused[@]})); then
  echo "The image $tag has critical or high findings: ${refused[*]}" >&2
  echo "Renew the base image in the Dockerfile, or accept them with a reason in requirements/accepted-findings.txt." >&2
  exit 1
fi
