#!/bin/bash
# Whom the Unix socket lets in.
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

# Who asks counts, not only the file's mode: what its maker has opened to all is
# open to root, the own user and the group alone.
# as_peer STATUS NAME SETPRIV OPTION...
as_peer() {
	is "$(setpriv "${@:3}" curl -s -o /dev/null -w '%{http_code}' \
		--unix-socket "$api_sock" http://localhost/jobs/stats)" "$1" "$2"
}
other=(--reuid 65533 --regid 65533)
chmod 711 "$TMP" "$api_dir"
api_config token
api_start
is $? 0 "a server"
viewer=$(new_token v viewer)
chmod 666 "$api_sock"
as_peer 401 "another user, without a token" "${other[@]}" --clear-groups
as_peer 401 "in whatever group" "${other[@]}" --groups 65533,65501
is "$(setpriv "${other[@]}" --clear-groups curl -s -o /dev/null -w \
	'%{http_code}' -H "Authorization: Bearer $viewer" --unix-socket "$api_sock" \
	http://localhost/jobs/stats)" 200 "with one it is who that says"
as_peer 200 "root" --reuid 0 --clear-groups
api_stop

# A group hypersdk, for the server alone.
{
	grep -v ^hypersdk: /etc/group
	echo hypersdk:x:65501:
} >"$TMP/group"
cat >"$TMP/grouped" <<-END
	#!/bin/sh
	exec unshare --mount sh -c 'mount --bind "\$0" /etc/group && exec "\$@"' \
	  "$TMP/group" "$HYPERSDKD" "\$@"
END
chmod 755 "$TMP/grouped"
HYPERSDKD=$TMP/grouped api_start
is "$(stat -c '%a %g' "$api_sock")" "660 65501" "the socket is the group's"
as_peer 000 "others do not get to it" "${other[@]}" --clear-groups
as_peer 200 "whose group it is" --reuid 65533 --regid 65501 --clear-groups
as_peer 200 "whose group it is among others" "${other[@]}" \
	--groups 65533,65501,65502
chmod 666 "$api_sock"
as_peer 401 "others, when they can" "${other[@]}" --groups 65533,65500,65502
api_stop
done_testing
