#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What makes a release, and what is installed where.

bats_require_minimum_version 1.5.0

setup() {
	load common
	cd "$ROOT"
	VERSION=$(sed -n 's/^VERSION := //p' Makefile)
}

# in_git COMMAND...: git in the folder of this test, whatever the host's configuration is.
in_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C "$BATS_TEST_TMPDIR/tree" -c user.name=x -c user.email=x@x -c commit.gpgsign=false "$@"
}

# version_is REGEX: what the script says of the folder of this test.
version_is() {
	local said
	said=$(cd "$BATS_TEST_TMPDIR/tree" && "$ROOT/user/deploy/version" 3.2.1)
	[[ $said =~ ^$1$ ]] || {
		echo "$said, expected $1"
		return 1
	}
}

@test "the version is one number: in the Makefile, in the man page, in the Debian package, in --version" {
	[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ $(sed -n 's/^\.TH DTLSNOOP 8 [0-9-]* "dtlsnoop \([^"]*\)".*/\1/p' user/deploy/dtlsnoop.8) == "$VERSION" ]]
	[[ $(sed -nE '1s/^dtlsnoop \(([0-9.]*)-[0-9]*\) .*/\1/p' user/deploy/debian/changelog) == "$VERSION" ]]
	said=$("$DTLSNOOP" --version | head -n 1)
	[[ $said =~ ^"dtlsnoop $VERSION"(-[0-9]+-g[0-9a-f]{7,40}(-dirty)?|-g[0-9a-f]{7,40}(-dirty)?)?$ ]]
}

@test "the version of a work tree of git: commits, the last one, and whether files were changed; of a tarball: the number alone" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/inside"
	version_is 3.2.1
	in_git init -q
	version_is 3.2.1
	touch "$BATS_TEST_TMPDIR/tree/file"
	in_git add file
	in_git commit -q -m one
	version_is '3\.2\.1-1-g[0-9a-f]{7,40}'
	echo change >"$BATS_TEST_TMPDIR/tree/file"
	version_is '3\.2\.1-1-g[0-9a-f]{7,40}-dirty'
	in_git commit -q -a -m two
	version_is '3\.2\.1-2-g[0-9a-f]{7,40}'
	# A tag that names no version is none.
	in_git tag other
	version_is '3\.2\.1-2-g[0-9a-f]{7,40}'
	in_git tag v3.2.1
	version_is '3\.2\.1'
	echo more >"$BATS_TEST_TMPDIR/tree/file"
	version_is '3\.2\.1-dirty'
	in_git commit -q -a -m three
	version_is '3\.2\.1-1-g[0-9a-f]{7,40}'
	# Within another project's work tree.
	(cd "$BATS_TEST_TMPDIR/tree/inside" && [[ $("$ROOT/user/deploy/version" 3.2.1) == 3.2.1 ]])
	# As root of what another user checked out.
	if [[ $(id -u) == 0 ]]; then
		chown -R nobody "$BATS_TEST_TMPDIR/tree"
		version_is '3\.2\.1-1-g[0-9a-f]{7,40}'
	fi
}

@test "another version compiles one small object and links dtlsnoop, no more" {
	out=$BATS_TEST_TMPDIR/build
	mkdir "$out"
	cp -rp build/user build/*.* build/dtlsnoop "$out"
	make -s OUT="$out" all >"$BATS_TEST_TMPDIR/first" 2>&1
	run make -s OUT="$out" VERSION=9.8.7 all
	[[ $status == 0 ]]
	[[ $(grep -c . <<<"$output") == 2 && $output == *CC*/version.o*LD*/dtlsnoop* ]]
	[[ $("$out/dtlsnoop" --version) == "dtlsnoop 9.8.7"* ]]
	run make -s OUT="$out" VERSION=9.8.7 all
	[[ $status == 0 && -z $output ]]
}

@test "CHANGELOG.md is in the form of Keep a Changelog, and what is not is named" {
	tests/live/changelog_form CHANGELOG.md
	# edited SED-SCRIPT TEXT: then it is no longer, and the error says this.
	edited() {
		sed -E "$1" CHANGELOG.md >"$BATS_TEST_TMPDIR/changelog"
		run tests/live/changelog_form "$BATS_TEST_TMPDIR/changelog"
		[[ $status == 1 && $output == *"$2"* ]] || {
			echo "$1: $output"
			return 1
		}
	}
	edited 's/^# Changelog/# Changes/' 'expected "# Changelog"'
	edited 's/keepachangelog/elsewhere/' 'the form is not named'
	edited 's/^## \[Unreleased\]/## 1.0, later/' 'expected "## [Unreleased]"'
	edited '0,/^### Added/s//### New/' 'expected Added'
	edited 's/^### Fixed/### Added/' 'comes once'
	edited '0,/^- /s//* /' 'neither an entry'
	edited '$a ### Security' 'nothing stands under "Security"'
	edited '$a ## [0.2.0] - 2026-01-01\n## [0.10.0] - 2026-01-01' '0.10.0 comes before 0.2.0'
	edited '$a ## [0.2.0] - 2026-01-01\n## [0.1.0] - 2026-02-01' '0.1.0 is newer than 0.2.0'
	edited '$a ## [0.2.0] - 1st of May' 'expected "## [Unreleased]" or'
	edited '$a ## [0.2.0] - 2026-01-01\n## [Unreleased]' '[Unreleased] comes first'
}

# installs PREFIX EXPECTED-FILES: these, with their modes, and nothing of it is left after make uninstall.
installs() {
	local dest="$BATS_TEST_TMPDIR/des tination"
	mkdir -p "$dest$1/share/man" "$dest$1/share/doc/other"
	touch "$dest$1/share/doc/other/file"
	make -s install DESTDIR="$dest" PREFIX="$1"
	diff <(sort <<<"$2") <(cd "$dest$1" && find . -type f ! -path './share/doc/other/*' -printf '%m %P\n' | sort)
	[[ $(stat -c %a "$dest$1/share/dtlsnoop") == 755 ]]
	# Nothing beside PREFIX.
	[[ $(find "$dest" -type f | grep -vc -- "^$dest$1/") == 0 ]]
	grep -qx "ExecStart=$1/sbin/dtlsnoop .*" "$dest$1/lib/systemd/system/dtlsnoop.service"
	cmp "$DTLSNOOP" "$dest$1/sbin/dtlsnoop"
	make -s uninstall DESTDIR="$dest" PREFIX="$1"
	# What others have put there stays.
	[[ $(find "$dest" -type f) == "$dest$1/share/doc/other/file" && -d $dest$1/share/man ]]
	[[ -z $(find "$dest" -name dtlsnoop) ]]
	# Once more is no error.
	make -s uninstall DESTDIR="$dest" PREFIX="$1"
	rm -r "$dest"
}

@test "make install puts each file where the file system's hierarchy has its place, and make uninstall removes them" {
	files='755 sbin/dtlsnoop
644 lib/systemd/system/dtlsnoop.service
644 share/bash-completion/completions/dtlsnoop
644 share/doc/dtlsnoop/CHANGELOG.md
644 share/doc/dtlsnoop/LICENSE
644 share/doc/dtlsnoop/README.md
644 share/dtlsnoop/dtlsnoop.dashboard.json
644 share/dtlsnoop/dtlsnoop.rules.yml
644 share/dtlsnoop/dtlsnoop.schema.json
644 share/dtlsnoop/sql/load.sql
644 share/dtlsnoop/sql/partitions.sql
644 share/dtlsnoop/sql/queries.sql
644 share/dtlsnoop/sql/rsyslog.conf
644 share/dtlsnoop/sql/schema.sql
644 share/dtlsnoop/sql/views.sql
644 share/man/man8/dtlsnoop.8
644 share/zsh/site-functions/_dtlsnoop'
	installs /usr/local "$files"
	installs /usr "$files"
	installs /opt/dtlsnoop-1.0 "$files"
	# Whatever root's umask is.
	umask 077
	installs /usr "$files"
}
