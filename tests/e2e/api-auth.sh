#!/bin/bash
# Who may ask for what: tokens, roles, the Unix socket, TLS, addresses
# (faults.md 85-87, 128).
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

bearer() { echo "Authorization: Bearer $1"; }
audit() { # SQL condition: how many rows
	/usr/bin/python3 - "$api_dir/state/jobs.db" "$1" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
		print(db.execute("SELECT count(*), coalesce(sum(count), 0) FROM "
		                 f"audit WHERE {sys.argv[2]}").fetchone())
	END
}

api_config token
api_start
is $? 0 "a server"
viewer=$(new_token v viewer)
operator=$(new_token o operator)
admin=$(new_token a admin)
metrics=$(new_token m metrics)
soon=$(date -u -d '+5 seconds' +%FT%TZ)
brief=$(new_token b viewer "\"$soon\"")
is "$(stat -c %a "$api_sock" | tail -c 4)" \
	"$(getent group hypersdk >/dev/null && echo 660 || echo 600)" \
	"the Unix socket's mode"

# --- who ---------------------------------------------------------------------
bodies=
unknown() { # NAME CURL OPTION...
	call GET /jobs/stats "" "${@:2}"
	is "$status" 401 "$1"
	bodies+="$(json 'del(.timestamp, .request_id)')
"
}
call GET /jobs/stats "" --header "$(bearer "$brief")"
answers 200 "a token that expires soon"
curl -sN --max-time 60 "$api_url/events" --header "$(bearer "$brief")" \
	>"$TMP/brief" &
stream=$!
unknown "no token"
unknown "a bad token" --header "$(bearer hsk_nonsense)"
unknown "a cut token" --header "$(bearer "${viewer%??}")"
unknown "a longer token" --header "$(bearer "${viewer}x")"
unknown "a token of 8 KiB" \
	--header "$(bearer "$(printf 'x%.0s' {1..8192})")"
unknown "another scheme" --header "Authorization: Basic $viewer"
unknown "no scheme" --header "Authorization: $viewer"
until [[ $(date -u +%FT%TZ) > $soon ]]; do sleep 0.1; done
unknown "an expired token" --header "$(bearer "$brief")"
wait "$stream"
is "$? $(head -n 1 "$TMP/brief")" "0 : ping" "events end with their token"
id=$(curl -s --unix-socket "$api_sock" http://localhost/tokens |
	jq -r '.tokens[] | select(.name == "m") | .id')
call GET /health "" --header "$(bearer "$metrics")"
answers 200 "the metrics token before it is revoked"
call DELETE "/tokens/$id" "" --header "$(bearer "$admin")"
answers 200 "it is revoked"
unknown "a revoked token" --header "$(bearer "$metrics")"
is "$(sort -u <<<"$bodies" | grep -c .)" 1 "one body for all of them"
like "$(header WWW-Authenticate)" '^Bearer' "and the scheme is named"
for name in token access_token api_key password; do
	call GET "/jobs/stats?$name=$viewer"
	refuses 400 secret_in_query "a secret in the query, ?$name"
done
call GET "/jobs/stats?token=$viewer" "" --header "$(bearer "$viewer")"
refuses 400 secret_in_query "also beside a good one"
for path in /health /ready; do
	call GET $path
	answers 200 "$path is open"
done

# --- what --------------------------------------------------------------------
role() { # TOKEN METHOD PATH BODY STATUS NAME
	call "$2" "$3" "$4" --header "$(bearer "$1")"
	is "$status" "$5" "$6"
}
role "$viewer" GET /jobs "" 200 "a viewer reads jobs"
role "$viewer" POST /jobs/query '{}' 200 "a viewer queries jobs"
role "$viewer" POST /jobs/submit '{"vm_path":"x"}' 403 "a viewer submits none"
is "$(json .kind)" forbidden "with its kind"
role "$viewer" POST /jobs/cancel '{"job_ids":["x"]}' 403 "nor cancels"
role "$viewer" DELETE /jobs/x "" 403 "nor deletes"
role "$viewer" POST /jobs/x/retry "" 403 "nor retries"
role "$viewer" GET /tokens "" 403 "nor sees tokens"
role "$operator" POST /jobs/cancel '{"job_ids":["x"]}' 200 "an operator cancels"
role "$operator" DELETE /jobs/x "" 404 "and deletes"
role "$operator" GET /tokens "" 403 "an operator sees no tokens"
role "$operator" POST /tokens '{"name":"x","role":"admin"}' 403 "nor makes any"
role "$admin" GET /tokens "" 200 "an admin sees them"
is "$(json '[.tokens[].name] | sort | join(",")')" a,b,m,o,v "all of them"
is "$(json '.tokens[0] | keys | join(",")')" \
	created_at,expires_at,id,name,revoked,role "and nothing secret"
unlike "$out" "hsk_|[0-9a-f]{64}" "no token and no hash"
role "$admin" POST /tokens '{"name":"x","role":"king"}' 400 "no such role"
like "$(json .error)" '^/role: ' "points at it"
role "$admin" POST /tokens '{"role":"viewer"}' 400 "no name"
role "$admin" POST /tokens \
	'{"name":"x","role":"viewer","expires_at":"2001-01-01"}' 400 "past expiry"
call POST /tokens '{"name":"k","role":"viewer"}' --header "$(bearer "$admin")" \
	--header 'Idempotency-Key: x'
refuses 400 unsupported "no Idempotency-Key for tokens"
role "$admin" DELETE /tokens/nobody "" 404 "no such token"
cut=$(new_token c viewer)
curl -sN --max-time 60 "$api_url/events" --header "$(bearer "$cut")" \
	>"$TMP/stream" &
stream=$!
ok "it reads events" wait_for 10 test -s "$TMP/stream"
role "$cut" GET /jobs "" 200 "a fresh token works"
cut_id=$(curl -s --unix-socket "$api_sock" http://localhost/tokens |
	jq -r '.tokens[] | select(.name == "c") | .id')
role "$admin" DELETE "/tokens/$cut_id" "" 200 "is revoked"
role "$cut" GET /jobs "" 401 "and does not work the next moment"
wait "$stream"
is $? 0 "its stream has ended"
is "$(curl -s --unix-socket "$api_sock" http://localhost/jobs/stats |
	jq .total)" 0 "the Unix socket needs no token"
is "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$api_sock" \
	-H "$(bearer "$viewer")" http://localhost/tokens)" 403 \
	"who shows a token there is who it says"
is "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$api_sock" \
	-H "$(bearer nonsense)" http://localhost/tokens)" 401 \
	"a wrong one there is wrong"

# --- how often ---------------------------------------------------------------
tries() { # ADDRESS N TOKEN: statuses
	seq "$2" | sed "s|.*|url = \"$api_url/jobs/stats\"\noutput = /dev/null|" |
		curl -s --interface "$1" --header "$(bearer "$3")" \
			--write-out '%{http_code}\n' --config -
}
is "$(tries 127.0.0.3 200 hsk_wrong | sort | uniq -c | xargs)" \
	"10 401 190 429" "ten wrong tokens a minute, then 429"
call GET /jobs/stats "" --interface 127.0.0.3 --header "$(bearer hsk_wrong)"
refuses 429 too_many_tries "with its kind"
like "$(header Retry-After)" '^[0-9]+$' "and a time"
call GET /jobs/stats "" --interface 127.0.0.4 --header "$(bearer "$viewer")"
answers 200 "other addresses are not concerned"
late=$(new_token l viewer) # now all tokens must be looked up again
call GET /jobs/stats "" --interface 127.0.0.3 --header "$(bearer "$viewer")"
answers 200 "nor is who was known there before"
call GET /jobs/stats "" --interface 127.0.0.3 --header "$(bearer "$late")"
refuses 429 too_many_tries "another is looked up no more than a wrong one"
call GET /jobs/stats "" --interface 127.0.0.3
is "$status" 401 "no token at all is no wrong token"
is "$(tries 127.0.0.5 2 hsk_wrong | xargs)" "401 401" "they have their own ten"
ok "the refusals are in the audit table" wait_for 10 eval \
	'[[ $(audit "outcome = '"'too_many_tries'"'") == "(1, "* ]]'
is "$(audit "outcome = 'forbidden' AND actor = 'v' AND
	action = 'POST /jobs/submit'")" "(1, 1)" "a viewer's submit too"
is "$(audit "outcome = 'ok' AND actor = 'a' AND action LIKE 'DELETE /tokens%'")" \
	"(2, 2)" "and the changes that were made, by whom"
api_stop
is "$api_rc" 0 "it stops"
like "$(audit "outcome = 'too_many_tries'")" '^\([12], 192\)$' \
	"every refusal is counted, in few rows"
is "$(grep -c "hsk_" "$api_dir/err" "$api_dir/out" | grep -vc ':0$')" 0 \
	"no token is in the log"
is "$(grep -acE "$viewer|$admin|$operator" "$api_dir"/state/jobs.db* |
	grep -vc ':0$')" 0 "nor in the database"

# --- auth = none -------------------------------------------------------------
api_config none
api_start
call GET /tokens
answers 200 "with auth none everybody on this machine is admin"
call GET /jobs/stats "" --header "$(bearer nonsense)"
is "$status" 401 "a wrong token is wrong there too"
call GET /jobs/stats "" --header 'Origin: http://evil.example'
is "$status" 403 "a page of elsewhere is not"
api_stop

# --- addresses ---------------------------------------------------------------
# cannot CODE TEXT NAME: it does not start.
cannot() {
	: >"$api_dir/err"
	api_start
	is $? "$1" "$3"
	like "$(<"$api_dir/err")" "$2" "$3: why"
	api_pid=
}
listen_on() { sed -i "s|listen = \"[^\"]*\"|listen = \"$1\"|" \
	"$api_dir/hypersdk.conf"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout "$TMP/key.pem" -out "$TMP/cert.pem" -days 2 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>"$TMP/req"
chmod 600 "$TMP/key.pem"
for address in 0.0.0.0:0 '[::]:0'; do
	api_config token
	listen_on "$address"
	cannot 2 TLS "$address without TLS"
done
tls="tls_cert = \"$TMP/cert.pem\"; tls_key = \"$TMP/key.pem\";"
api_config none "$tls"
listen_on 0.0.0.0:0
cannot 2 loopback "0.0.0.0 with auth none"
api_config token
listen_on nonsense
cannot 2 "no address" "nonsense"
api_config token "tls_cert = \"$TMP/nobody.pem\"; tls_key = \"$TMP/key.pem\";"
cannot 2 nobody.pem "a certificate that is not there"
cp "$TMP/req" "$TMP/junk.pem"
echo junk >"$TMP/junk.pem"
api_config token "tls_cert = \"$TMP/junk.pem\"; tls_key = \"$TMP/key.pem\";"
cannot 2 junk.pem "a certificate that is none"
api_config token "$tls"
listen_on 0.0.0.0:0
api_start
is $? 0 "0.0.0.0 with TLS and tokens"
is "$(curl -s --cacert "$TMP/cert.pem" -H "$(bearer "$viewer")" \
	"https://localhost:$api_port/jobs/stats" | jq .total)" 0 "over TLS"
is "$(curl -s --cacert "$TMP/cert.pem" --tls-max 1.1 -o /dev/null -w \
	'%{http_code}' "https://localhost:$api_port/health")" 000 "not by TLS 1.1"
is "$(curl -s --max-time 5 -o /dev/null -w '%{http_code}' \
	"http://localhost:$api_port/health")" 000 "not without TLS"
is "$(curl -s --unix-socket "$api_sock" http://localhost/jobs/stats |
	jq .total)" 0 "the Unix socket is plain"
api_stop
is "$api_rc" 0 "it stops"

# --- the Unix socket ---------------------------------------------------------
api_config none
api_start
{ kill -9 "$api_pid" && wait "$api_pid"; } 2>/dev/null
ok "a killed server leaves its socket" test -S "$api_sock"
api_start
is $? 0 "a stale socket is replaced"
first=$api_pid
sed "s|$api_dir/state|$api_dir/state2|" "$api_dir/now.conf" \
	>"$TMP/second.conf"
mkdir -p "$api_dir/state2"
chmod 700 "$api_dir/state2"
run "$top_builddir/hypersdkd" --config "$TMP/second.conf" --set api.listen=
like "$rc $err_out" "^5 .*another process" "one that answers is not"
is "$(curl -s --unix-socket "$api_sock" http://localhost/health |
	jq -r .status)" healthy "and still answers"
sed -i "s|socket = [^;]*;|socket = \"\";|" "$TMP/second.conf"
run "$top_builddir/hypersdkd" --config "$TMP/second.conf"
like "$rc $err_out" "^5 .*in use" "a port that is taken"
api_pid=$first
api_stop
is "$(ls "$api_sock" 2>/dev/null)" "" "a server that stops takes it away"

echo precious >"$api_sock"
cannot 5 "is no socket" "a file in its place is left alone"
is "$(<"$api_sock")" precious "as it was"
rm "$api_sock"
api_config none
api_now=$api_dir/run/api.sock
sed -i "s|socket = [^;]*;|socket = \"$api_now\";|" "$api_dir/hypersdk.conf"
api_start
is $? 0 "its folder is made"
api_stop
done_testing
