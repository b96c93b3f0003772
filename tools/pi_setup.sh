# Where things are on the Pi, and how the steps of tools/install and tools/uninstall are told and
# made; sourced by both. Nothing in here changes anything by being sourced.
# shellcheck shell=bash

# shellcheck source=tools/setup_env.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/setup_env.sh"

# Another root of the file system, for tests alone.
prefix=${ZERODIGIT_ROOT:-}

# shellcheck disable=SC2034  # used by those who source this
{
    opt=$prefix/opt/zerodigit
    venv=$opt/venv
    releases=$opt/releases
    current=$opt/current
    previous=$opt/previous
    unproven=$opt/.unproven
    command_link=$prefix/usr/local/bin/zerodigit
    config_folder=$prefix/etc/zerodigit
    config_file=$config_folder/zerodigit.toml
    state_folder=$prefix/var/lib/zerodigit
    # The service's user has no home.
    home=/nonexistent
    unit=zerodigit.service
    timer=zerodigit-retrain.timer
    # systemd's own note of when a night was last due; it outlives the timer.
    stamp_file=$prefix/var/lib/systemd/timers/stamp-$timer
    night=zerodigit-retrain.service
    night_units=("$night" "$timer")
    unit_file=$prefix/etc/systemd/system/$unit
    back_off_file=$unit_file.d/10-back-off.conf
    sysusers_file=$prefix/etc/sysusers.d/zerodigit.conf
    tmpfiles_file=$prefix/etc/tmpfiles.d/zerodigit.conf
    rules_file=$prefix/etc/udev/rules.d/60-zerodigit.rules
    journald_file=$prefix/etc/systemd/journald.conf.d/90-zerodigit.conf
}

dry=

# step TITLE: begins a step; tell LINE: what came of it, or what it is for.
step_number=0
step() {
    step_number=$((step_number + 1))
    printf '[%d] %s\n' "$step_number" "$*"
}

tell() { printf '    %s\n' "$*"; }

# would WORDS: what --dry-run says instead; anything so said is pending.
# shellcheck disable=SC2034  # tools/install reads it
pending=
would() {
    pending=yes
    tell "would $*"
}

# run COMMAND...: runs it, or with --dry-run says that it would be.
run() {
    if [[ -n $dry ]]; then
        would "run: $*"
    else
        "$@"
    fi
}

# run_quietly COMMAND...: as run; what the command prints is shown only if it fails.
run_quietly() {
    local said
    if [[ -n $dry ]]; then
        run "$@"
    else
        said=$("$@" 2>&1) || {
            printf '%s\n' "$said" >&2
            return 1
        }
    fi
}

# Root does all of it; whoever is not asks sudo, once and for the same command.
become_root() {
    [[ -z $dry && $(id -u) != 0 ]] || return 0
    command -v sudo >/dev/null || die "must be run by root, and there is no sudo here"
    exec sudo -- bash "$0" "$@"
}

# same_content FILE FILE: of texts, without cmp, which a small system lacks.
same_content() {
    local one two
    [[ -f $1 && -f $2 ]] || return 1
    # All of it, up to a NUL byte that a text has not; the end of the file is no success.
    IFS= read -r -d '' one <"$1" || true
    IFS= read -r -d '' two <"$2" || true
    [[ $one == "$two" ]]
}

# Its callers ask replace_file and point for an answer, and bash then goes on after a command in
# them that fails; so each says itself that it could not do it.
not_written() {
    rm -f -- "$1.new"
    die "$1: cannot be written; is the card full?"
}

# replace_file SOURCE TARGET MODE: whole or not at all, also in a power cut. Fails if the target
# is already like that.
replace_file() {
    local source=$1 target=$2 mode=$3
    ! same_content "$source" "$target" || return 1
    if [[ -n $dry ]]; then
        would "write $target"
        return 0
    fi
    {
        mkdir -p "${target%/*}" &&
            cp -- "$source" "$target.new" &&
            chmod "$mode" "$target.new" &&
            sync "$target.new" &&
            mv -f -- "$target.new" "$target" &&
            sync "${target%/*}"
    } || not_written "$target"
}

# point LINK TARGET: a symbolic link, replaced in one go. Fails if it points there already.
point() {
    [[ "$(readlink "$1" 2>/dev/null)" != "$2" ]] || return 1
    if [[ -n $dry ]]; then
        would "point $1 to $2"
        return 0
    fi
    {
        mkdir -p "${1%/*}" &&
            rm -f -- "$1.new" &&
            ln -s -- "$2" "$1.new" &&
            mv -fT -- "$1.new" "$1" &&
            sync "${1%/*}"
    } || not_written "$1"
}

# The user who logs in: who called sudo, else the one whom the imager made.
login_user() {
    if [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        printf '%s\n' "$SUDO_USER"
    else
        { getent passwd 1000 || true; } | cut -d: -f1
    fi
}

is_active() { systemctl is-active --quiet "$unit"; }
