#!/bin/bash
# How an endpoint is named, trusted and logged in to.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
start_vcenter
login=(--url "$url" --username "$user" --password-file "$TMP/password")
list() { run hypersdk vms list --json "$@"; }
# lists NAME: the last list holds the VMs.
lists() {
	is "$rc $(jq '[.vms[].name] | index("cold-one-disk") != null' <<<"$out")" \
		"0 true" "$1"
}

list "${login[@]}" --thumbprint "$thumbprint"
lists "by a pinned thumbprint"
list "${login[@]}" --ca "$ca"
lists "by a CA"
(cd "$(dirname "$ca")" && "$HYPERSDK" vms list --json "${login[@]}" \
	--ca "$(basename "$ca")") >"$TMP/list"
out=$(<"$TMP/list")
lists "by a CA's relative name"
list "${login[@]}" --insecure
lists "without checking"
list "${login[@]}"
is "$rc" 1 "an unknown CA is refused"
like "$err_out" 'SHA256:[0-9A-F]{2}:.*--thumbprint.*--ca' \
	"its fingerprint is shown, and what to do"
list "${login[@]}" --thumbprint \
	"${thumbprint%?}$(tr 0-9A-F 1-9A-F0 <<<"${thumbprint: -1}")"
is "$rc" 1 "another thumbprint is refused"
like "$err_out" "${thumbprint#SHA256:}" "the one seen is shown"
list "${login[@]}" --thumbprint SHA256:12
is "$rc" 2 "a thumbprint that is none: exit code 2"
list "${login[@]}" --insecure --ca "$ca"
is "$rc" 2 "two ways of trust exclude each other"
is "$(state '[.soap_requests > 0, .failed_logins]')" '[true,0]' \
	"refused certificates saw no login"

# Passwords.
(umask 077 && echo wrong >"$TMP/wrong")
list --url "$url" --username "$user" --password-file "$TMP/wrong" \
	--thumbprint "$thumbprint"
is "$rc" 4 "a wrong password: exit code 4"
like "$err_out" 'hypersdk: .*(password|log in|Login)' "and it says so"
is "$(state .failed_logins)" 1 "it is tried once"
for mode in 644 640; do
	install -m $mode "$TMP/password" "$TMP/open"
	list --url "$url" --username "$user" --password-file "$TMP/open" \
		--thumbprint "$thumbprint"
	is "$rc" 2 "a password file of mode $mode is refused"
	like "$err_out" "$TMP/open" "which one is said"
done
ln -s password "$TMP/link"
list --url "$url" --username "$user" --password-file "$TMP/link" \
	--thumbprint "$thumbprint"
is "$rc" 2 "so is a link"
list --url "$url" --username "$user" --thumbprint "$thumbprint"
is "$rc" 2 "no password at all"
like "$err_out" 'give --password-file' "and how to give one"
list --url "$url" --password-file "$TMP/password" --thumbprint "$thumbprint"
like "$rc $err_out" '^2 .*give --username' "no user name: the same"

# GOVC_*.
host=${url#https://} host=${host%/sdk}
govc() {
	run env GOVC_URL="$1" GOVC_INSECURE=1 "${@:2}" "$HYPERSDK" vms list \
		--json
}
coded_user=${user/@/%40} coded_password=${password//!/%21}
govc "$url" GOVC_USERNAME="$user" GOVC_PASSWORD="$password"
lists "GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE"
govc "$host" GOVC_USERNAME="$user" GOVC_PASSWORD="$password"
lists "GOVC_URL without scheme and path"
govc "https://$coded_user:$coded_password@$host"
lists "GOVC_URL with user and password inside"
govc "$user:$password@$host"
lists "GOVC_URL as user:password@host"
govc "$user:wrong@$host" GOVC_PASSWORD="$password"
lists "GOVC_PASSWORD wins over the URL's"
run env GOVC_URL="$url" GOVC_USERNAME="$user" GOVC_PASSWORD="$password" \
	"$HYPERSDK" vms list --thumbprint "$thumbprint" --json
lists "GOVC_URL and a pinned thumbprint"
run env GOVC_URL="$url" GOVC_USERNAME="$user" GOVC_PASSWORD=wrong \
	GOVC_INSECURE=true "$HYPERSDK" vms list
is "$rc" 4 "GOVC_PASSWORD is wrong: exit code 4"
run env GOVC_URL="$url" GOVC_INSECURE=perhaps "$HYPERSDK" vms list
is "$rc" 2 "GOVC_INSECURE is no boolean: exit code 2"
run env GOVC_URL="$url" GOVC_USERNAME="$user" GOVC_PASSWORD="$password" \
	"$HYPERSDK" vms list --url https://127.0.0.1:1/sdk --insecure \
	--username x --password-file "$TMP/password"
is "$rc" 1 "--url wins over GOVC_URL"
unlike "$err_out" "$password" "no password in messages"

# By pipeline, with the password as a reference.
cat >"$TMP/hypersdk.conf" <<END
pipelines = ( { name = "vc"; parallel_downloads = 2;
  provider = { plugin = "vsphere"; url = "$url"; username = "$user";
    password = "file:$TMP/password"; thumbprint = "$thumbprint"; };
  packager = { plugin = "ova"; }; storage = { plugin = "local"; }; } );
END
list --config "$TMP/hypersdk.conf"
lists "by the only pipeline"
run env GOVC_URL=https://127.0.0.1:1/sdk "$HYPERSDK" vms list --json \
	--config "$TMP/hypersdk.conf"
lists "which wins over GOVC_URL"
list --config "$TMP/hypersdk.conf" --filter '/DC0/vm/e2e/**' --power on
is "$(jq '[.vms[] | select(.power_state != "poweredOn" or
	(.path | startswith("/DC0/vm/e2e/") | not))] | length' <<<"$out")" 0 \
	"filters"
like "$(jq .total <<<"$out")" '^[1-9]' "filters let something through"

# Nothing of it in argv or the environment of children, and sessions end.
"$HYPERSDK" vms list "${login[@]}" --insecure --log-level debug \
	>"$TMP/list" 2>"$TMP/log"
is "$(grep -cF "$password" "$TMP/log" "$TMP/list" | sed 's/.*://' |
	sort -u)" 0 "no password in the log"
is "$(state '[.sessions, .logins == .logouts]')" '[[],true]' \
	"every session was logged out"

# An endpoint that is not there.
list --url https://127.0.0.1:1 --username x --password-file "$TMP/password" -k
is "$rc" 1 "nobody listens: exit code 1"
like "$err_out" '127.0.0.1.* port 1' "the message names the endpoint"
list --url https://host.invalid --username x \
	--password-file "$TMP/password" -k
is "$rc" 1 "a host that nobody knows"
like "$err_out" 'host.invalid' "the message names it"
done_testing
