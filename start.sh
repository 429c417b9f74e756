#!/usr/bin/env bash
# Everything a fresh machine needs, then the portal. Safe to run again: what is there is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) chinese=1 ;; *) chinese=0 ;; esac
say() { if [ "$chinese" = 1 ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
fail() { say "start.sh: $1" "start.sh：$2" >&2; exit 1; }

usage() {
  say "Usage: ./start.sh [options]

Installs what is missing, builds, and serves the portal at http://localhost:5080.

  --port N          port to listen on (default 5080)
  --data DIR        where runs, videos, datasets and the database are kept (default ./data)
  --cuda            build with libtorch for CUDA 12.8 (Linux with an NVIDIA GPU; about 3 GB to fetch)
  --production      listen on all interfaces, no demo member; prints a one-time link
                    that creates the first administrator
  --offline         never fetch the emoji clips; moving shapes work without a download
  --emoji FILE.tgz  use an already downloaded archive of the emoji pack (may be repeated:
                    the clips' archive and the captions' archive)
  --help            this text" \
"用法：./start.sh [选项]

安装缺少的软件，编译，然后在 http://localhost:5080 提供门户。

  --port N          监听端口（默认 5080）
  --data DIR        保存运行、视频、数据集和数据库的文件夹（默认 ./data）
  --cuda            使用 CUDA 12.8 版 libtorch 编译（带 NVIDIA 显卡的 Linux，约需下载 3 GB）
  --production      监听所有网络接口，没有演示成员；会打印一个一次性链接，
                    用来创建第一位管理员
  --offline         不下载表情动画；“移动的图形”无需下载即可使用
  --emoji FILE.tgz  使用已经下载好的表情包（可重复：动画包与描述包）
  --help            显示本说明"
}

port=5080 data="${MINISORA_DATA:-$PWD/data}" cuda=0 production=0 offline=0 archives=()
value() { [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value; see ./start.sh --help" "$1 需要一个值；参见 ./start.sh --help"; }
while [ $# -gt 0 ]; do
  case "$1" in
    --port) value "$@"; port="$2"; shift 2 ;;
    --data) value "$@"; data="$2"; shift 2 ;;
    --emoji) value "$@"; [ -f "$2" ] || fail "no such file: $2" "文件不存在：$2"; archives+=("$(realpath "$2")"); shift 2 ;;
    --cuda) cuda=1; shift ;;
    --production) production=1; shift ;;
    --offline) offline=1; shift ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option: $1" "未知选项：$1" ;;
  esac
done
[[ "$port" =~ ^[0-9]+$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] \
  || fail "--port must be a number from 1 to 65535, was '$port'" "--port 必须是 1 到 65535 之间的数字，而不是 '$port'"

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  fail "port $port is in use. Is the portal already running? Stop it, or choose another: ./start.sh --port $((port < 65535 ? port + 1 : 5080))" \
       "端口 $port 已被占用。门户是否已经在运行？请停止它，或另选端口：./start.sh --port $((port < 65535 ? port + 1 : 5080))"
fi

source eng/machine.sh
require_dotnet
require_packages ffmpeg npm fonts-noto-cjk
[ "$offline" = 1 ] || wish_packages poppler-utils

mkdir -p "$data"
data="$(realpath "$data")"

backend=cpu; [ "$cuda" = 1 ] && backend=cuda
ensure_portal "$backend"

export MINISORA_DATA="$data"
[ "$offline" = 1 ] && export MINISORA_OFFLINE=1
if [ "${#archives[@]}" -gt 0 ]; then
  mkdir -p "$data/datasets/emoji"
  cp -f "${archives[@]}" "$data/datasets/emoji/"
fi
if [ "$production" = 1 ]; then
  export ASPNETCORE_ENVIRONMENT=Production ASPNETCORE_URLS="http://*:$port"
else
  export ASPNETCORE_ENVIRONMENT=Local ASPNETCORE_URLS="http://localhost:$port"
fi
say "Portal: http://localhost:$port   data: $data   stop with Ctrl-C" "门户：http://localhost:$port   数据：$data   按 Ctrl-C 停止"
exec dotnet "artifacts/portal-$backend/MiniSora.Web.dll"
