# Sourced by scripts/run and scripts/test: a Python, system libraries and .venv/, set up only where something is missing.
# Usage: . scripts/setup.sh; system_packages NAME…; python_packages [GROUP]

say() { printf '%s\n' "$*" >&2; }

as_root() { # run as root: directly, or through sudo where that asks nothing
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

system_packages() { # install the Debian packages that are missing, or say plainly which are
    command -v dpkg-query >/dev/null || return 0 # not a Debian: the desktop has these libraries already
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then
        say "Installing system packages: ${missing[*]}"
        as_root apt-get update -qq >/dev/null && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && return 0
    fi
    say "These system packages are missing and could not be installed; ask for them with"
    say "    sudo apt-get install ${missing[*]}"
    return 1
}

WINDOW_LIBRARIES=(libegl1 libgl1 libopengl0 libgl1-mesa-dri libglx-mesa0 libdbus-1-3 libfontconfig1 libfreetype6
    libglib2.0-0 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xinerama0
    libxcb-xkb1 libxrender1 libx11-xcb1 libsm6 libice6)

find_python() { # print a Python of at least 3.11
    local name
    for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$name" ] && command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$name"; return 0; }
    done
    return 1
}

python_packages() { # make .venv/ hold what pyproject.toml asks for (with a dependency group where one is named)
    local group="${1:-}" python stamp
    if [ ! -x .venv/bin/python ]; then
        find_python >/dev/null || system_packages python3 || return 1
        python=$(find_python) || { say "Python 3.11 or later is needed; none was found."; return 1; }
        "$python" -c 'import ensurepip, venv' 2>/dev/null || system_packages python3-venv || return 1
        say "Making .venv with $("$python" --version)"
        "$python" -m venv .venv || return 1
    fi
    stamp=$(cat pyproject.toml constraints.txt | cksum)
    if [ "$(cat ".venv/ready-$group" 2>/dev/null)" != "$stamp" ]; then
        say "Installing Python packages (the first time takes some minutes)"
        .venv/bin/python -m pip install -q --disable-pip-version-check "pip>=25.1" || return 1
        if [ -n "$group" ]; then
            .venv/bin/python -m pip install -q -c constraints.txt -e . --group "$group" || return 1
        else
            .venv/bin/python -m pip install -q -c constraints.txt -e . || return 1
        fi
        echo "$stamp" >".venv/ready-$group"
    fi
}
