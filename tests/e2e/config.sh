#!/bin/bash
# config check: what a configuration comes to, or every mistake in it.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
unset LD_LIBRARY_PATH
root=$TMP/etc
mkdir -p "$root/conf.d"
check() { run hypersdk config check --config "$root/hypersdk.conf" "$@"; }
secret=s3cret-that-must-never-be-shown

(umask 077 && echo "$secret" >"$TMP/password")
cat >"$root/hypersdk.conf" <<END
state_dir = "/srv/state";
storage = { roots = [ "/srv/a", "/srv/b" ]; };
END
cat >"$root/conf.d/a.conf" <<END
@include "more/b.inc"
pipelines = (
	{ name = "nightly"; default = true; parallel_downloads = 5;
	  provider = { plugin = "vsphere";
		url = "https://backup:$secret@vc.example/sdk";
		username = "backup"; password = "file:$TMP/password"; };
	  packager = "ovf";
	  storage = { plugin = "fault"; operation = "write";
		inner = { plugin = "local"; group_read = true; }; };
	},
	{ name = "plain"; provider = "synthetic"; }
);
END
mkdir "$root/conf.d/more"
echo 'log_level = "warning";' >"$root/conf.d/more/b.inc"

check
is "$rc" 0 "a right configuration"
missing='does not exist: make it, or mount it'
is "$err_out" "hypersdk: storage.roots: /srv/a $missing
hypersdk: storage.roots: /srv/b $missing" "says only what exports will lack"
like "$out" "state_dir +/srv/state" "settings"
like "$out" "log_level +warning" "settings of an included file"
like "$out" "storage.roots +/srv/a
 +/srv/b" "lists"
like "$out" "api.listen +127.0.0.1:8080  \(default\)" "settings not given"
# Every setting there is, by the shipped file that documents them all.
shown=$out
for name in $(sed -n 's/^#\([a-z_]*\) = [^{]*;$/\1/p' \
	"$top_srcdir/conf.d/hypersdk.conf"); do
	like "$shown" "
  $name " "shows $name"
done
for name in $(awk '/^#[a-z]+ = \{/ { group = substr($1, 2); next }
	/^#};/ { group = "" }
	group != "" && group != "database" && /^#\t[a-z_]+ =/ {
		sub(/^#\t/, ""); print group "." $1 }' \
	"$top_srcdir/conf.d/hypersdk.conf"); do
	like "$shown" "
  $name " "shows $name"
done
like "$out" "
database +sqlite  \(default\)
  path +/srv/state/jobs.db" "the database"
like "$out" "pipeline nightly, the default  \($root/conf.d/a.conf:3\)" \
	"a pipeline and its place"
like "$out" "provider +vsphere
    url +https://backup:\*\*\*@vc.example/sdk
    username +backup
    password +file:$TMP/password" "a provider, its password as a reference"
like "$out" "silence +60s  \(default\)" "defaults, called so"
like "$out" "storage +fault.*inner +local.*group_read +true" \
	"a storage within another"
like "$out" "parallel_downloads +5" "other members"
like "$out" "pipeline plain .*packager +\(by the job's format\)" \
	"what is left to the job"
unlike "$out$err_out" "$secret" "no secret is shown"
check --json
is "$rc" 0 "--json: exit code"
says_json '[.valid, .problems, keys]' \
	'[true,[],["database","pipelines","problems","schedules","settings","valid","webhooks"]]' \
	"--json: one document"
says_json '.settings | [.state_dir, .["storage.roots"], .["api.listen"],
	.["metrics.port"], .["metrics.enabled"]]' \
	'["/srv/state",["/srv/a","/srv/b"],"127.0.0.1:8080",9090,false]' \
	"its settings, given and by default"
is "$(jq -c '.settings | keys' <<<"$out")" \
	"$(sed -n '/^settings/,/^$/s/^  \([a-z_.]\+\).*/\1/p' <<<"$shown" |
		jq -Rsc 'split("\n") | map(select(. != "")) | sort')" \
	"every setting that people are shown"
says_json '.pipelines[0] | [.name, .default, .line, .parallel_downloads,
	.provider.plugin, .provider.options.url, .storage.inner.options.group_read]' \
	'["nightly",true,3,5,"vsphere","https://backup:***@vc.example/sdk",true]' \
	"its pipelines"
says_json '.pipelines[1].packager' null "what is left to the job"
says_json '.database | [.plugin, .options.path, .options.journal]' \
	'["sqlite","/srv/state/jobs.db","wal"]' \
	"its database"
unlike "$out$err_out" "$secret" "--json: no secret is shown"
check --secrets
is "$rc" 0 "with readable secrets"
unlike "$out$err_out" "$secret" "still no secret is shown"
chmod 0644 "$TMP/password"
check --secrets
is "$rc" 2 "a password that all may read"
like "$err_out" "a.conf:6: provider/vsphere: password: file:$TMP/password: \
mode 0644 gives others access; chmod 0600" "says where and what to do"
unlike "$out$err_out" "$secret" "and no secret is shown"
check --set state_dir=/srv/other --set log_level=debug
like "$rc $out" "^0 .*state_dir +/srv/other.*log_level +debug" "overrides"
check --set state_dri=/x
like "$rc $err_out" '^2 .*command line.*did you mean "state_dir"\?' \
	"a wrong override"

# --- every mistake at once --------------------------------------------------

cat >"$root/hypersdk.conf" <<'END'
stat_dir = "/srv/state";
log_level = 5000000000;
END
cat >"$root/conf.d/a.conf" <<END
pipelines = (
	{ name = "a"; provider = { plugin = "vspher"; }; },
	{ name = "b"; provider = { plugin = "vsphere"; urll = "x"; };
	  packager = { plugin = "ova"; nothing = 1; };
	  storage = { plugin = "local"; group_read = "maybe"; }; },
	{ name = "c"; provider = { plugin = "vsphere"; url = "https://x/sdk";
		password = "$secret"; silence = 30; };
	  notifiers = [ "ops" ]; },
	{ name = "d"; provider = "synthetic"; storage = "fault"; },
	{ name = "e"; provider = { plugin = "synthetic"; disks = 61; };
	  storage = { plugin = "local"; inner = "local"; }; }
);
END
echo "broken" >"$root/conf.d/b.conf"
check
is "$rc" 2 "a wrong configuration"
is "$out" "" "nothing on standard output"
mistake() { like "$err_out" "$1" "$2"; }
mistake 'hypersdk.conf:1: there is no setting "stat_dir"; did you mean "state_dir"' \
	"an unknown setting"
mistake 'hypersdk.conf:2: the number 5000000000 does not fit' \
	"a number that libconfig would cut"
mistake 'a.conf:2: there is no provider plugin "vspher" in .*did you mean "vsphere"' \
	"an unknown plugin"
mistake 'a.conf:3: provider/vsphere has no option "urll"; did you mean "url"' \
	"an unknown option"
mistake 'a.conf:3: provider/vsphere: the option "url" must be given' \
	"a missing option"
mistake 'a.conf:4: packager/ova has no option "nothing"' \
	"an option of a plugin without any"
mistake 'a.conf:5: storage/local: group_read: "maybe" is neither true nor f' \
	"a value of the wrong type"
mistake 'a.conf:8: there is no notifier "ops"' "a notifier that is not there"
mistake 'a.conf:9: storage/fault wraps another storage: say which' \
	"a missing inner storage"
mistake 'a.conf:10: provider/synthetic: disks: "61"' "a value out of range"
mistake 'a.conf:11: storage/local wraps no other storage' "one too many"
mistake 'b.conf:1: syntax error' "a syntax error"
unlike "$err_out" "$secret" "no secret is shown"
told=$err_out
check --json
is "$rc $err_out" "2 " "the same with --json"
says_json '[.valid, keys]' '[false,["problems","valid"]]' "one document"
is "$(jq -r '.problems[] | "hypersdk: " + (if .file then .file + (if .line
	then ":\(.line)" else "" end) + ": " else "" end) + .error' <<<"$out")" \
	"$told" "which says what is said to people"

cat >"$root/conf.d/api.conf" <<'END'
api = {
	listen = "0.0.0.0:8080";
	auth = "none";
	tls_key = "/k";
};
jobs = { retry_min = "1h"; };
END
: >"$root/hypersdk.conf"
check
mistake 'api.conf:2: api.listen: "0.0.0.0:8080" is more than loopback and n' \
	"an address that all can reach, in clear"
mistake 'api.conf:3: api.auth: "none" is possible on loopback only' \
	"or by anybody"
mistake 'api.conf:4: api.tls_key: goes with tls_cert, which is missing' \
	"half a certificate"
mistake 'api.conf:6: jobs.retry_min: is longer than retry_max' \
	"a shortest wait that is the longest"
rm "$root/conf.d/api.conf"

# Without the notifier, what is wrong in c's options comes to light.
sed -i '/notifiers/s/.*/ },/' "$root/conf.d/a.conf"
check
mistake 'a.conf:7: provider/vsphere: password is a secret and given by ref.*can be read by others' \
	"a literal secret in a file that others can read"
mistake 'a.conf:7: provider/vsphere: silence must be a time as a string' \
	"a time as a number"
unlike "$err_out" "$secret" "and no secret is shown"

rm "$root/conf.d/"*.conf
echo '@include "hypersdk.conf"' >"$root/hypersdk.conf"
check
like "$rc $err_out" '^2 .*hypersdk.conf:1: @include names a file that is bein' \
	"an include loop"
: >"$root/hypersdk.conf"
chmod 0666 "$root/hypersdk.conf"
check
like "$rc $err_out" '^2 .*hypersdk.conf: can be written by anyone; chmod o-w' \
	"a file that anyone may write"
run hypersdk config check --config "$TMP/none.conf"
like "$rc $err_out" '^2 .*none.conf: cannot be opened: No such file' \
	"a file that is not there"
# A mistake in a pipeline does not hide those in its parts.
cat >"$TMP/several.conf" <<'END'
pipelines = ({ name = "a"; colour = 3; notifiers = ["ops"];
  provider = { plugin = "synthetic";
    sead = 3; };
});
END
run hypersdk config check --config "$TMP/several.conf"
is "$rc" 2 "several mistakes in one pipeline: exit code 2"
like "$err_out" 'several.conf:1: .*colour' "the member is told"
like "$err_out" 'several.conf:1: .*ops' "the notifier is told"
like "$err_out" 'several.conf:3: .*sead.*seed' "the option is told"
done_testing
