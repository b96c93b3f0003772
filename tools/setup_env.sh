# Sets up a virtual environment in the checkout; sourced by tools/demo and tools/test.
#
#   prepare_environment FOLDER EXTRA [PACKAGE...]
#       makes FOLDER in the checkout with zerodigit[EXTRA] and the packages in it, unless it
#       is there and current, and sets $python to its interpreter; $base_python, if set, is
#       the interpreter to make it with, and $pip_python the one whose pip fills it
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '%s\n' "${0##*/}: $*" >&2; }

die() {
    say "$@"
    exit 1
}

# A script's help is the comment that it begins with.
usage() { sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"; }

wrong_usage() {
    say "$@"
    usage >&2
    exit 2
}

# checkout_files PATH...: the files below these paths of the checkout, in order, a NUL after each.
# Not asked of git: the checkout may be a ZIP, or lie inside another repository. Without what
# Python compiles, and what is hidden, as what a Mac lays beside each file (._NAME).
checkout_files() {
    (cd "$root" && find "$@" -type f ! -name '.*' ! -name '*.py[co]' ! -name '*.tmp' -print0 |
        LC_ALL=C sort -z)
}

is_raspberry_pi() {
    case "$(uname -m)" in
        armv6l | armv7l) return 0 ;;
        aarch64 | armv8l) grep -qs 'Raspberry Pi' /proc/device-tree/model ;;
        *) return 1 ;;
    esac
}

# Prints the first of the named interpreters whose version `v` fits the condition. Each is
# run, since a name on PATH may be a shim with nothing behind it.
find_python() {
    local condition=$1 name
    shift
    for name in "$@"; do
        if "$name" -c "import sys; v = sys.version_info; sys.exit(not ($condition))" \
            >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# The commit of this checkout, as `zerodigit --version` tells it; of one that was sent, what was
# noted then; nothing if neither is known.
commit_of_checkout() {
    if [[ -e $root/.git ]]; then
        git -C "$root" describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || true
    else
        cat "$root/.commit" 2>/dev/null || true
    fi
}

find_any_python() {
    if is_raspberry_pi; then
        # apt's numpy belongs to the system's interpreter.
        find_python "v >= (3, 11)" /usr/bin/python3
    else
        find_python "v >= (3, 11)" python3 python3.14 python3.13 python3.12 python3.11
    fi
}

no_python() {
    die "needs Python 3.11 or newer, and found none on PATH; sudo apt install python3 python3-venv"
}

# The packages with C extensions come from apt on a Pi: pip would compile them for hours, or
# install a build that an ARMv6 cannot run.
check_apt_packages() {
    local code=0
    PYTHONPATH=$root "$1" -P -m pi.diagnostics.packages numpy pillow gpiozero \
        >/dev/null 2>&1 || code=$?
    # 3: only gpiozero is too old, and pip brings a newer one.
    [[ $code == 0 || $code == 3 ]] ||
        die "on a Raspberry Pi these come from apt:" \
            "sudo apt install python3-numpy python3-pil python3-gpiozero python3-venv"
}

# What the environment was made from; a moved checkout, another interpreter or a changed
# pyproject.toml make it another environment.
stamp_of() {
    local folder=$1
    shift
    printf '%s\n' "$(cksum <"$root/pyproject.toml") $root $*" \
        "$(readlink -f "$root/$folder/bin/python")"
}

# Whether the environment runs this checkout, and not a copy that `pip install .` has put in
# its place; pip notes which (PEP 610).
runs_this_checkout() {
    local note text
    for note in "$root/$1"/lib/python3*/site-packages/zerodigit-*.dist-info/direct_url.json; do
        [[ -r $note ]] || continue
        text=$(<"$note")
        printf -v text %b "${text//%/\\x}"
        [[ $text == *"\"file://$root\""* && $text =~ \"editable\":\ *true ]] && return 0
    done
    return 1
}

is_current() {
    local folder=$1
    shift
    [[ -x $root/$folder/bin/python && ! -e $root/$folder/.incomplete ]] &&
        runs_this_checkout "$folder" &&
        [[ "$(cat "$root/$folder/.zerodigit" 2>/dev/null)" == "$(stamp_of "$folder" "$@")" ]]
}

prepare_environment() {
    python=$root/$1/bin/python
    is_current "$@" && return
    trap 'say "interrupted; the next start begins the set-up again"; exit 130' INT
    # A second start waits here for the first, and then finds its work done.
    exec 9<"$root"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "another set-up is at work here, waiting for it"
        flock 9
    fi
    is_current "$@" || make_environment "$@"
    exec 9<&-
    trap - INT
}

make_environment() {
    local folder=$1 extra=$2 base venv=$root/$1 venv_options=() pip_options=() pip
    shift 2
    base=${base_python:-$(find_any_python)} || no_python
    pip=("$python" -m pip)
    if [[ -n ${pip_python:-} ]]; then
        # A pip of its own takes longer to install than all that the environment needs.
        pip=("$pip_python" -m pip --python "$python")
        venv_options=(--without-pip)
    fi
    if is_raspberry_pi; then
        check_apt_packages "$base"
        venv_options+=(--system-site-packages)
        pip_options=(--only-binary numpy --only-binary pillow)
    fi
    # A folder that we did not make ourselves is a developer's own: it is added to.
    if [[ -e $venv/.incomplete ]] || ! "$python" -c '' 2>/dev/null; then
        "$base" -c 'import ensurepip, venv' 2>/dev/null ||
            die "$base cannot make virtual environments: sudo apt install $(venv_package "$base")"
        say "making $folder with $("$base" --version 2>&1)"
        rm -rf "$venv"
        mkdir "$venv" || die "cannot write here; clone zerodigit into a folder of your own"
        : >"$venv/.incomplete"
        "$base" -m venv ${venv_options[@]+"${venv_options[@]}"} "$venv" ||
            die "python -m venv failed, see above"
    elif [[ -e $venv/.zerodigit ]]; then
        mv "$venv/.zerodigit" "$venv/.incomplete"
    fi
    [[ -n ${pip_python:-} ]] || "$python" -c 'import pip' 2>/dev/null ||
        "$python" -m ensurepip >/dev/null ||
        die "no pip in $folder: sudo apt install $(venv_package "$base")"
    say "installing what zerodigit needs into $folder (once; a minute or two)"
    # Not compiled: most modules of the packages are never imported, the others compile then.
    if ! PIP_USER=0 "${pip[@]}" install --no-input --disable-pip-version-check --no-compile \
        ${pip_options[@]+"${pip_options[@]}"} "$@" --editable "$root${extra:+[$extra]}" \
        >"$venv/install.log" 2>&1; then
        tail -n 15 "$venv/install.log" >&2
        die "pip failed, see above (all of it: $venv/install.log); is there a network?"
    fi
    stamp_of "$folder" "$extra" "$@" >"$venv/.zerodigit"
    rm -f "$venv/.incomplete"
}

venv_package() {
    case "${1##*/}" in
        python3.*) printf '%s\n' "${1##*/}-venv" ;;
        *) printf '%s\n' python3-venv ;;
    esac
}
