# Shared by start.sh, test.sh and minisora: what the machine must have, and when to build again.
# The caller defines say (English, Chinese) and fail (English, Chinese) and stands in the repository root.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

require_dotnet() {
  command -v dotnet >/dev/null || fail \
    "the .NET 10 SDK is missing. Install it from https://dot.net/download and run this again." \
    "缺少 .NET 10 SDK。请从 https://dot.net/download 安装后重新运行。"
  local version
  version="$(dotnet --version 2>&1)" || fail \
    "'dotnet --version' failed: $version
If it speaks of ICU, install your distribution's libicu package (Debian 12: libicu72, Debian 13: libicu76, Ubuntu 24.04: libicu74)." \
    "“dotnet --version”失败：$version
如果提到 ICU，请安装发行版的 libicu 软件包（Debian 12：libicu72，Debian 13：libicu76，Ubuntu 24.04：libicu74）。"
  [ "${version%%.*}" -ge 10 ] || fail ".NET SDK 10 or later is needed, found $version." "需要 .NET SDK 10 或更高版本，目前是 $version。"
}

# Is what the distribution's package brings already here?
has_package() {
  case "$1" in
    fonts-noto-cjk) compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null \
      || { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]; } ;;
    # The server's programs lie outside the path.
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    poppler-utils) command -v pdftoppm >/dev/null && command -v pdfinfo >/dev/null ;;
    chromium) command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

require_packages() {
  local missing=() name
  for name in "$@"; do has_package "$name" || missing+=("$name"); done
  [ "${#missing[@]}" -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=(sudo); else
      fail "these packages are missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" \
           "缺少软件包：${missing[*]}。请以 root 身份安装：apt-get install ${missing[*]}"
    fi
  fi
  command -v apt-get >/dev/null || fail \
    "please install with your package manager: ${missing[*]}" "请用您的软件包管理器安装：${missing[*]}"
  say "Installing ${missing[*]} …" "正在安装 ${missing[*]}……"
  local log; log="$(mktemp)"
  if ! { "${as_root[@]}" apt-get update -qq \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail "apt-get could not install ${missing[*]}; its last lines are above." "apt-get 无法安装 ${missing[*]}；上面是它最后的输出。"
  fi
  rm -f "$log"
}

# What the portal can do without: a machine that cannot install it starts all the same, and is told.
wish_packages() {
  (require_packages "$@") || say "Without $*, slides cannot be sent as PDF; everything else works." "没有 $* 时不能上传 PDF 幻灯片；其他功能不受影响。"
}

# True when the stamp in folder $1 is older than any source, or not there.
needs_build() {
  [ -f "$1/.built" ] || return 0
  [ -n "$(find MiniSora.Model MiniSora.Jobs MiniSora.Web wwwroot recipes ./*.props ./*.targets \
      -type f -newer "$1/.built" -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ]
}

# A build log is shown only when the build fails.
quietly() {
  local log; log="$(mktemp)"
  if ! "$@" >"$log" 2>&1; then
    grep -E 'error|warn' "$log" | sort -u | head -n 20 >&2
    fail "the build failed; the whole log is in $log" "编译失败；完整日志在 $log"
  fi
  rm -f "$log"
}

# The portal's program of backend $1, built where it is missing or older than its sources. One build at a time: whoever waited finds it done.
ensure_portal() {
  local portal="artifacts/portal-$1"
  needs_build "$portal" || return 0
  mkdir -p artifacts
  exec 9>artifacts/portal.lock
  flock 9
  if needs_build "$portal"; then
    say "Building the portal (the first time takes a few minutes) …" "正在编译门户（首次需要几分钟）……" >&2
    # What the build leaves running must not hold the lock.
    publish_portal "$portal" "$1" 9>&-
  fi
  exec 9>&-
}

# Into a new folder that then takes the old one's place: a portal that runs keeps its own files.
publish_portal() {
  local into="$1" backend="$2" fresh="$1.new"
  rm -rf "$fresh"
  mkdir -p "$fresh"
  # Before the build: a source saved while it runs must count as newer.
  touch "$fresh/.built"
  quietly dotnet publish MiniSora.Web -c Release -o "$fresh" -p:TorchBackend="$backend" -p:CreateHardLinksForPublishFilesIfPossible=true
  # Packages stay linked (they never change); our own assemblies must not share a file with the next build.
  local file
  while IFS= read -r -d '' file; do cp -p "$file" "$file.own" && mv "$file.own" "$file"; done \
    < <(find "$fresh" \( -name 'MiniSora*' -o -name 'minisora*' \) -type f -links +1 -print0)
  rm -rf "$into"
  mv "$fresh" "$into"
}
