# shellcheck shell=bash
# For tests of the REST API: a server of its own in $TMP, and curl.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1

api_dir=$TMP/api
mkdir -m 700 "$api_dir"
mkdir -m 700 "$api_dir/state" "$api_dir/state/exports"
api_sock=$api_dir/api.sock
api_now=$api_sock # where the server under test listens
api_pid=

# api_config AUTH [MORE]: the settings; MORE goes into api = { ... }.
api_config() {
	cat >"$api_dir/hypersdk.conf" <<-END
		state_dir = "$api_dir/state";
		log_level = "info";
		api = { listen = "127.0.0.1:0"; socket = "$api_sock";
		  auth = "$1"; ${2-} };
		jobs = { max_running = 4; };
		pipelines = ( { name = "lab"; default = true;
		  provider = { plugin = "synthetic"; disk_size = "2MiB"; };
		} );
	END
}
# api_start: sets api_port and api_url; 0 when it is ready, else its exit code.
# Where the settings say port 0, there will be a free one; another one, if
# somebody has taken that meanwhile.
api_start() {
	local rc try
	for try in 1 2 3; do
		api_start_once
		rc=$?
		if [ "$rc" -ne 5 ] || cmp -s "$api_dir/hypersdk.conf" "$api_dir/now.conf"; then
			break
		fi
		echo "try $try: port $api_port was taken" >>"$api_dir/err"
	done
	return "$rc"
}
api_start_once() {
	local i
	api_port=$(free_port)
	api_url=http://127.0.0.1:$api_port
	sed "s|:0\";|:$api_port\";|" "$api_dir/hypersdk.conf" >"$api_dir/now.conf"
	"$HYPERSDKD" --config "$api_dir/now.conf" \
		</dev/null >"$api_dir/out" 2>>"$api_dir/err" &
	api_pid=$!
	for i in {1..400}; do
		[ "$(curl --silent --unix-socket "$api_now" \
			http://localhost/ready | jq -r .status)" != ready ] ||
			return 0
		kill -0 "$api_pid" 2>/dev/null || break
		sleep 0.05
	done
	wait "$api_pid"
}
# api_stop: its exit code in $api_rc.
api_stop() {
	[ -n "$api_pid" ] || return 0
	kill "$api_pid" 2>/dev/null
	wait "$api_pid"
	# shellcheck disable=SC2034
	api_rc=$?
	api_pid=
}
at_exit api_stop

# call METHOD PATH [BODY] [CURL OPTION...]: body in $out, status in $status,
# headers in $TMP/headers.
call() {
	local method=$1 path=$2 body=${3-}
	local options=(--silent --show-error --max-time 60 --path-as-is
		--dump-header "$TMP/headers" --output "$TMP/body"
		--write-out '%{http_code}' --request "$method")
	shift 2
	[ $# -eq 0 ] || shift
	[ -z "$body" ] || options+=(--data-binary "$body"
		--header 'Content-Type: application/json')
	: >"$TMP/body"
	# shellcheck disable=SC2034
	status=$(curl "${options[@]}" "$@" "$api_url$path")
	out=$(<"$TMP/body")
}
header() { sed -n "s/^$1: *//Ip" "$TMP/headers" | tr -d '\r'; }
# json FILTER: of the last answer.
json() { jq -cr "$1" <<<"$out" 2>&1; }
# answers STATUS NAME, refuses STATUS KIND NAME: what the last call got.
answers() { is "$status" "$1" "$2"; [ "$status" = "$1" ] || echo "# $out"; }
refuses() {
	is "$status $(json .kind)" "$1 $2" "$3"
	[ "$(json 'has("error") and has("timestamp") and has("request_id")')" = \
		true ] || fail "$3: the error's shape" "$out"
}
# new_token NAME ROLE [EXPIRES]: prints it; by the Unix socket.
new_token() {
	curl --silent --unix-socket "$api_sock" http://localhost/tokens \
		--header 'Content-Type: application/json' --data \
		"{\"name\":\"$1\",\"role\":\"$2\",\"expires_at\":${3:-null}}" |
		jq -r .token
}
# job_ended ID: for wait_for.
job_ended() {
	[[ $(curl --silent --unix-socket "$api_sock" \
		"http://localhost/jobs/$1" | jq -r .status) =~ \
		^(completed|failed|cancelled)$ ]]
}
