#!/usr/bin/env bash
# Check an assumption about Cognito on which each registration depends. At sign-up, Cognito takes the email from the
# username, although the app client may not write the email (deploy/data.yml).
#
#   AWS_REGION=eu-central-1 bash deploy/probe.sh
#
# The probe creates a user pool and a client with the settings of deploy/data.yml, signs up one user, reads it, and
# deletes the pool. It requires only the AWS CLI, and these permissions on cognito-idp: CreateUserPool, DeleteUserPool,
# ListUserPools, CreateUserPoolClient and AdminGetUser. Cognito's own sender mails one code to the mailbox simulator of
# SES, which counts towards the account's 50 mails a day:
# https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
#
# Exit code: 0 if the assumption holds, 1 if it does not, 2 if there is no answer or the pool was not deleted.
set -euo pipefail

[[ ${AWS_REGION:-} ]] || { echo "Set AWS_REGION to the region of the deployment" >&2; exit 2; }
export AWS_PAGER="" AWS_DEFAULT_REGION=$AWS_REGION

name="dwipper-probe-$(date +%s)-$RANDOM$RANDOM"
address="success+$name@simulator.amazonses.com"
errors=$(mktemp)
pool=""
is_created=""

call_cognito() { aws cognito-idp "$@" --output text; }

# An interrupt can end `create-user-pool` after Cognito has created the pool, so find the pool by its name too.
# shellcheck disable=SC2329 # clean_up, which a trap calls, calls this function
find_pool() { call_cognito list-user-pools --max-results 60 --query "UserPools[?Name=='$name'].Id"; }

# shellcheck disable=SC2329
clean_up() {
  local code=$?
  trap '' INT TERM
  rm -f "$errors"
  [[ $is_created ]] || exit "$code"
  if pool=${pool:-$(find_pool)} && { [[ ! $pool ]] || call_cognito delete-user-pool --user-pool-id "$pool"; }; then
    exit "$code"
  fi
  echo "The pool $name was not deleted. Delete it by hand:" >&2
  if [[ $pool ]]; then
    echo "  aws cognito-idp delete-user-pool --user-pool-id $pool --region $AWS_REGION" >&2
  else
    echo "  aws cognito-idp list-user-pools --max-results 60 --region $AWS_REGION --query \"UserPools[?Name=='$name']\"" >&2
    echo "  aws cognito-idp delete-user-pool --user-pool-id <its Id> --region $AWS_REGION" >&2
  fi
  exit 2
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

answer_yes() {
  echo "Yes: Cognito takes the email from the username. Deploy as it is."
  exit 0
}

answer_no() {
  cat <<END
No: $1
Registrations would fail, or their users would have no email. Before you deploy, add "email" to WriteAttributes in
deploy/data.yml and to the UserAttributes of sign_up in app/cognito/user_pool.py. The holder of a stolen access token can
then ask Cognito to change the email. The change takes effect only after a code from the new address, so alarm on it.
END
  exit 1
}

fail() {
  cat "$errors" >&2
  echo "No answer: $1" >&2
  exit 2
}

create_pool() {
  is_created=maybe
  pool=$(call_cognito create-user-pool --pool-name "$name" \
    --user-pool-tier LITE \
    --username-attributes email \
    --username-configuration CaseSensitive=false \
    --auto-verified-attributes email \
    --user-attribute-update-settings AttributesRequireVerificationBeforeUpdate=email \
    --policies "PasswordPolicy={MinimumLength=10,RequireLowercase=false,RequireNumbers=false,RequireSymbols=false,RequireUppercase=false}" \
    --query UserPool.Id 2>"$errors") || fail "the pool could not be created."
}

create_client() {
  client=$(call_cognito create-user-pool-client --user-pool-id "$pool" --client-name probe \
    --no-generate-secret \
    --explicit-auth-flows ALLOW_ADMIN_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH \
    --prevent-user-existence-errors ENABLED \
    --write-attributes preferred_username \
    --query UserPoolClient.ClientId 2>"$errors") || fail "the client could not be created."
}

# Sign up as app/cognito/user_pool.py does: with the email as the username only.
sign_up() {
  call_cognito sign-up --client-id "$client" --username "$address" --password "$name" >"$errors" 2>&1 && return
  case $(<"$errors") in
    *NotAuthorizedException* | *InvalidParameterException*) answer_no "Cognito refused the sign-up: $(<"$errors")" ;;
    *CodeDeliveryFailureException*) ;; # The user exists without a mail.
    *) fail "the sign-up failed." ;;
  esac
}

read_email() {
  email=$(call_cognito admin-get-user --user-pool-id "$pool" --username "$address" \
    --query "UserAttributes[?Name=='email'].Value" 2>"$errors") || fail "the user could not be read."
}

create_pool
create_client
sign_up
read_email
[[ $email == "$address" ]] || answer_no "the user's email is '$email' instead of the username."
answer_yes
