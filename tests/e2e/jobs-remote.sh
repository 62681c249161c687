#!/bin/bash
# A daemon elsewhere: tokens, TLS, and what is refused.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

# A CA, and a certificate for localhost.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=test-ca -keyout "$TMP/ca.key" -out "$TMP/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
	-keyout "$TMP/tls.key" -out "$TMP/tls.csr" 2>/dev/null
openssl x509 -req -in "$TMP/tls.csr" -CA "$TMP/ca.pem" -CAkey "$TMP/ca.key" \
	-CAcreateserial -days 2 -out "$TMP/tls.pem" \
	-extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) 2>/dev/null
chmod 600 "$TMP"/*.key

configure "tls_cert = \"$TMP/tls.pem\"; tls_key = \"$TMP/tls.key\";" \
	"$(pipeline fast 'vms = 3;')"
start_daemon
local_at=(--socket "$daemon_socket")
server=https://localhost:$(daemon_port)

# --- tokens -------------------------------------------------------------------

umask 077
hypersdk token create ops --role operator "${local_at[@]}" >"$TMP/ops" 2>"$TMP/said"
is "$?" 0 "token create"
is "$(wc -lc <"$TMP/ops" | awk '$1 == 1 && $2 > 40 {print "one line"}')" \
	"one line" "prints the token alone"
like "$(<"$TMP/said")" 'role operator; this is the only time' "and says more on stderr"
unlike "$(<"$TMP/said")" "$(<"$TMP/ops")" "without the token"
hypersdk token create eyes --role viewer --expires 1h "${local_at[@]}" >"$TMP/eyes" 2>/dev/null
run hypersdk token list "${local_at[@]}"
like "$out" 'ID +ROLE +CREATED +EXPIRES +REVOKED +NAME' "token list"
like "$out" ' viewer +20[0-9-]+ +20[0-9-]+ +eyes' "with the day it ends"
unlike "$out" "$(<"$TMP/ops")" "shows no token"
run hypersdk token create x "${local_at[@]}"
like "$rc $err_out" '^2 hypersdk: what may it do\?' "no --role"
run hypersdk token create x --role king "${local_at[@]}"
is "$rc" 2 "no such role"

at=(--server "$server" --ca "$TMP/ca.pem")
ops=("${at[@]}" --token-file "$TMP/ops")
eyes=("${at[@]}" --token-file "$TMP/eyes")
run hypersdk jobs submit --vm synthetic-1 --output "$daemon_out" --wait "${ops[@]}"
is "$rc" 0 "submit --wait over TLS with a token"
judge_ova "$daemon_out/synthetic-1.ova" "its OVA"
run hypersdk jobs list "${eyes[@]}"
like "$rc $out" '^0 .*completed' "a viewer sees it"
run hypersdk jobs submit --vm synthetic-2 --output "$daemon_out" "${eyes[@]}"
is "$rc" 4 "but does not submit"
run env HYPERSDK_TOKEN_FILE="$TMP/eyes" "$HYPERSDK" jobs list "${at[@]}"
is "$rc" 0 "HYPERSDK_TOKEN_FILE"
run hypersdk jobs list "${at[@]}"
is "$rc" 4 "no token"
like "$err_out" '^hypersdk: .*\(unauthorized\)$' "says so"
run hypersdk jobs submit --vm synthetic-1 --output here "${ops[@]}"
like "$rc $err_out" '^2 .*absolute path' "a relative path means nothing there"

id=$(hypersdk token list --json "${local_at[@]}" | jq -r '.tokens[] | select(.name == "ops") | .id')
run hypersdk token revoke "$id" "${local_at[@]}"
is "$rc $out" "0 $id: revoked" "token revoke"
run hypersdk jobs list "${ops[@]}"
is "$rc" 4 "it is worthless at once"
id=$(hypersdk token create brief --role viewer --json "${local_at[@]}" | jq -r .id)
run hypersdk token revoke "$id" --json "${local_at[@]}"
says_json '.id' "\"$id\"" "token revoke --json"

# --- what is refused ----------------------------------------------------------

chmod 644 "$TMP/eyes"
run hypersdk jobs list "${eyes[@]}"
like "$rc $err_out" '^2 .*token: .*\(bad_secret\)$' "a token that others can read"
chmod 600 "$TMP/eyes"
run hypersdk jobs list --server "$server" --token-file "$TMP/eyes"
like "$rc $err_out" '^4 .*\(tls_failed\)$' "a certificate of nobody known"
run hypersdk jobs list --server "https://127.0.0.2:${server##*:}" --ca "$TMP/ca.pem" \
	--token-file "$TMP/eyes"
is "$((rc != 0))" 1 "one of another host"
run hypersdk jobs list --server http://192.0.2.1:8080 --token-file "$TMP/eyes"
like "$rc $err_out" '^2 .*in clear.*\(needs_tls\)$' "a token in clear"
# Nor anything else: a body may hold a password.
for url in http://192.0.2.1:8080 http://127.evil.example http://[::2]:1 \
	http://localhost.example http://0.0.0.0:1; do
	run hypersdk jobs list --server "$url"
	like "$rc $err_out" '^2 .*--server: .*https.*--socket.*\(needs_tls\)$' \
		"nothing goes to $url"
done
run hypersdk jobs list --server http://127.evil.example --token-file "$TMP/eyes"
like "$rc $err_out" '^2 .*\(needs_tls\)$' "the least a token"
for url in "http://127.0.0.1:$(free_port)" "http://LOCALHOST:$(free_port)" \
	"http://127.9.8.7:$(free_port)" "http://[::1]:$(free_port)"; do
	run hypersdk jobs list --server "$url"
	like "$rc $err_out" '^1 .*\(not_running\)$' "$url never leaves this machine"
done
run hypersdk jobs list --server ftp://localhost --token-file "$TMP/eyes"
is "$rc" 2 "no web at all"
run hypersdk jobs list --server "$server" "${local_at[@]}"
is "$rc" 2 "--server and --socket"
run env https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 \
	"$HYPERSDK" jobs list "${eyes[@]}"
is "$rc" 0 "proxies of the environment are ignored"

# Who answers with a redirect gets no token.
/usr/bin/python3 - "$TMP/port" "$TMP/asked" <<'END' &
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[2], "a").write(self.path + "\n")
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
port = server.server_address[1]
open(sys.argv[1], "w").write(str(port))
server.serve_forever()
END
at_exit "kill $! 2>/dev/null"
wait_for 10 test -s "$TMP/port"
run hypersdk jobs list --server "http://127.0.0.1:$(<"$TMP/port")" \
	--token-file "$TMP/eyes"
is "$rc" 1 "a redirect is an error"
unlike "$(<"$TMP/asked")" elsewhere "and is not followed"

# --- found by the configuration -----------------------------------------------

run hypersdk status --config "$daemon_conf"
like "$rc $out" '^0 .*ready +yes' "the socket of the configuration"
sed 's|socket = "[^"]*"|socket = "/nonexistent/api.sock"|' "$daemon_conf" >"$TMP/tcp.conf"
run hypersdk jobs list --config "$TMP/tcp.conf"
like "$rc $err_out" '^1 .*\(not_running\)$' "no socket and no token"
run hypersdk jobs list --config "$TMP/tcp.conf" --set "api.listen=localhost:$(daemon_port)" \
	--ca "$TMP/ca.pem" --token-file "$TMP/eyes"
is "$rc" 0 "a token: then its address"
done_testing
