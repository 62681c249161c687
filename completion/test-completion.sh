#!/bin/bash
# Completion in bash, zsh and fish: made from the command table, so compared
# with --help; each shell is asked, not only its syntax.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
export HOME=$TMP XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data
mkdir "$TMP/bin" "$TMP/cwd" "$TMP/cwd/folder"
printf '#!/bin/bash\nexec %q "$@"\n' "$HYPERSDK" >"$TMP/bin/hypersdk"
chmod 755 "$TMP/bin/hypersdk"
PATH=$TMP/bin:$PATH
touch "$TMP/cwd/some file.conf"
for shell in bash zsh fish; do
	run "$HYPERSDK" completion "$shell"
	is "$rc" 0 "completion $shell"
	printf '%s\n' "$out" >"$TMP/$shell"
done
run "$HYPERSDK" completion tcsh
is "$rc" 2 "another shell is refused"
ok "bash reads it" bash -n "$TMP/bash"
ok "zsh reads it" zsh -n "$TMP/zsh"
ok "fish reads it" fish -n "$TMP/fish"
ok "shellcheck has nothing against it" shellcheck -S warning "$TMP/bash"

# in_bash WORD...: what bash would offer for the last of them, sorted.
in_bash() {
	# shellcheck disable=SC2016
	(cd "$TMP/cwd" && bash --norc --noprofile -u -c '
		. "$0"
		[[ $(complete -p hypersdk) == "complete -F _hypersdk hypersdk" ]]
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_hypersdk "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' "$TMP/bash" "$@" |
		sed '/^$/d' | sort -u)
}
# in_zsh WORD...: with the few functions of its completion system that are used
# replaced by such that print.
in_zsh() {
	# shellcheck disable=SC2016
	(cd "$TMP/cwd" && zsh -f -c '
		_describe() { local v=${@[-1]}; print -l -- ${(P)v%%:*} }
		compadd() { [[ $1 != -- ]] || shift; print -l -- "$@" }
		_files() { [[ ${1-} == -/ ]] && print -l *(/) || print -l *(.) }
		_message() { }
		compset() { words[CURRENT]=${words[CURRENT]#*=} }
		words=("$@") CURRENT=$#
		last=${@[-1]}
		set --
		. "$0"' "$TMP/zsh" "$@" |
		awk -v word="${*: -1}" 'index($0, word) == 1 || word ~ /=/' |
		sed '/^$/d' | sort -u)
}
in_fish() {
	# shellcheck disable=SC2016
	(cd "$TMP/cwd" && fish --no-config -c 'source $argv[1]
		complete -C "$argv[2]"' "$TMP/fish" "$*" |
		sed 's/\t.*//; s/\\ / /g' | sed '/^$/d' | sort -u)
}

# --- every command and option -------------------------------------------------

commands=$("$HYPERSDK" help | sed -n '/^Commands:/,/^$/s/^  \([a-z].*\)/\1/p' |
	awk '{ print ($2 ~ /^[a-z-]+$/ ? $1 " " $2 : $1) }')
# The second word may be the first of the summary: the table says which.
commands=$(while read -r first second; do
	"$HYPERSDK" help "$first" ${second:+"$second"} >/dev/null 2>&1 &&
		echo "$first${second:+ $second}" || echo "$first"
done <<<"$commands")
ok "there are commands" test "$(wc -l <<<"$commands")" -gt 30
below() { # WORD: what may follow it
	sed -n "s/^$1 //p" <<<"$commands" | sort -u
}
firsts=$(sed 's/ .*//' <<<"$commands" | sort -u)
options_of() { # COMMAND...
	"$HYPERSDK" help "$@" | grep -oE '^ {2,8}(-[a-zA-Z0-9], )?--[a-z0-9-]+' |
		grep -oE -- '--[a-z0-9-]+' | sort -u
}
for shell in bash zsh fish; do
	is "$(in_$shell hypersdk '')" "$firsts" "$shell: the first words"
	is "$(in_$shell hypersdk jo)" jobs "$shell: the beginning of one"
	is "$(in_$shell hypersdk --config x.conf jobs '')" "$(below jobs)" \
		"$shell: after an option with a value, the second words"
done
mismatch=
while read -r line; do
	read -r -a words <<<"$line"
	want=$(options_of "${words[@]}")
	[ "$(in_bash hypersdk "${words[@]}" --)" = "$want" ] || mismatch+=" $line"
done <<<"$commands"
is "$mismatch" "" "bash: every option of every command, and no other"
for line in export "jobs submit" "schedules create"; do
	read -r -a words <<<"$line"
	for shell in zsh fish; do
		is "$(in_$shell hypersdk "${words[@]}" -- | grep -- '^--')" \
			"$(options_of "${words[@]}")" "$shell: the options of $line"
	done
done

# --- values and operands ------------------------------------------------------

plugins=$("$HYPERSDK" plugins list --json |
	jq -r '.plugins[] | .kind + "/" + .name' | sort)
providers=$(sed -n 's|^provider/||p' <<<"$plugins")
kinds=$(sed 's|/.*||' <<<"$plugins" | sort -u)
for shell in bash zsh fish; do
	is "$(in_$shell hypersdk plugins show '')" "$plugins" \
		"$shell: the plugins there are"
	is "$(in_$shell hypersdk export --provider '')" "$providers" \
		"$shell: providers for --provider"
	is "$(in_$shell hypersdk export --format o)" "$(printf 'ova\novf')" \
		"$shell: the formats for --format"
	is "$(in_$shell hypersdk --log-level d)" debug "$shell: a level"
	is "$(in_$shell hypersdk completion '')" "$(printf 'bash\nfish\nzsh')" \
		"$shell: shells"
	like "$(in_$shell hypersdk --config '')" 'some file.conf' \
		"$shell: files for --config, blanks and all"
	like "$(in_$shell hypersdk --plugin-dir '')" '^folder/?' \
		"$shell: folders for --plugin-dir"
done
unlike "$(in_bash hypersdk --plugin-dir '')" 'some file' \
	"and no files for it"
is "$(in_bash hypersdk export --format = ova)" ova "bash: --format=ova"
is "$(in_bash hypersdk export -- -)" "" "bash: no options after --"
like "$kinds" provider "there are kinds"

# --- where shells look for it -------------------------------------------------

ok "it is installed" make -C "$top_builddir" -s "DESTDIR=$TMP/dest" \
	prefix=/usr install-nodist_bashcompletionDATA \
	install-nodist_zshcompletionDATA install-nodist_fishcompletionDATA
for file in bash-completion/completions/hypersdk zsh/site-functions/_hypersdk \
	fish/vendor_completions.d/hypersdk.fish; do
	ok "as $file" test -s "$TMP/dest/usr/share/$file"
done
done_testing
