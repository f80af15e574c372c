# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Packages of other suites and architectures, without a change to this machine's
# packages: a separate apt configuration in one folder, with this machine's mirrors.
#
#	apt_open DIRECTORY ARCH SUITE [deb-src]	with deb-src: sources instead
#	apt_here apt-get|apt-cache ARGUMENT...

# apt_mirror SUITE: the address of a suite in this machine's configuration.
apt_mirror() {
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$1" '$1 == suite { print $2; exit }'
}

apt_here() {
	local command=$1
	shift
	"$command" -q -o Dir::Etc::sourcelist="$apt_dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$apt_dir/lists" -o Dir::State::status="$apt_dir/status" \
		-o Dir::Cache="$apt_dir" -o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" \
		-o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

apt_open() {
	local keyring="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" here main security
	apt_dir=$1 apt_arch=$2
	here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	main=$(apt_mirror "$here") security=$(apt_mirror "$here-security")
	[[ $main ]] || {
		echo "apt on this machine has no mirror of Debian"
		return 1
	}
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
	: >"$apt_dir/status"
	{
		echo "${4:-deb} $keyring $main $3 main"
		# Only the security archive has kernels of the oldest suite.
		case $3 in
		sid | *-backports) ;;
		*) [[ -z $security ]] || echo "${4:-deb} $keyring $security $3-security main" ;;
		esac
	} >"$apt_dir/sources.list"
	apt_here apt-get update
}
