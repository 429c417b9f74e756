#!/usr/bin/env bash
# migrations.sh NAME: makes a migration for both databases from what the entities say now.
# After a rebase that brought somebody else's migration: take main's two snapshots, delete your own migration's files, and run this again.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: eng/migrations.sh NAME" >&2; exit 2; }
version="$(sed -n 's/.*Microsoft.EntityFrameworkCore.Design" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)"
tool="artifacts/tools/ef-$version"
[ -x "$tool/dotnet-ef" ] || dotnet tool install --tool-path "$tool" dotnet-ef --version "$version"
dotnet build MiniSora.Web -c Release -v quiet -nologo -p:RunAnalyzers=false
add() { "$tool/dotnet-ef" migrations add "$1" -p MiniSora.Web -s MiniSora.Web --configuration Release --no-build --context "$2" -o "$3"; }
add "$1" MiniSoraDbContext Storage/Migrations
add "$1" PostgresContext Storage/MigrationsPostgres
echo "Look at what was made in MiniSora.Web/Storage/Migrations and MigrationsPostgres: a table that is not an entity (MetricPoints) and data that must move are yours to write, in both."
