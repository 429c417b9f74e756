using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MiniSora.Web.Storage.MigrationsPostgres
{
    /// <inheritdoc />
    public partial class QueueAndScores : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "Joules",
                table: "Runs",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "JoulesPerVideoSecond",
                table: "Runs",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Machine",
                table: "Runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "SecondsPerVideoSecond",
                table: "Runs",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "Charged",
                table: "Attempts",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "ArenaVotes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    MemberId = table.Column<Guid>(type: "uuid", nullable: false),
                    FirstEntry = table.Column<long>(type: "bigint", nullable: false),
                    SecondEntry = table.Column<long>(type: "bigint", nullable: false),
                    Clip = table.Column<int>(type: "integer", nullable: false),
                    Choice = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ArenaVotes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ArenaVotes_AspNetUsers_MemberId",
                        column: x => x.MemberId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LeaderboardEntries",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Number = table.Column<long>(type: "bigint", nullable: false),
                    OwnerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Title = table.Column<string>(type: "text", nullable: false),
                    RunId = table.Column<Guid>(type: "uuid", nullable: false),
                    CheckpointSha256 = table.Column<string>(type: "text", nullable: false),
                    SpecYaml = table.Column<string>(type: "text", nullable: false),
                    SpecHash = table.Column<string>(type: "text", nullable: false),
                    EvaluationYaml = table.Column<string>(type: "text", nullable: false),
                    Dataset = table.Column<string>(type: "text", nullable: false),
                    Machine = table.Column<string>(type: "text", nullable: false),
                    PeakMemoryBytes = table.Column<long>(type: "bigint", nullable: false),
                    Flops = table.Column<double>(type: "double precision", nullable: false),
                    DeviceSeconds = table.Column<double>(type: "double precision", nullable: false),
                    SecondsPerVideoSecond = table.Column<double>(type: "double precision", nullable: true),
                    JoulesPerVideoSecond = table.Column<double>(type: "double precision", nullable: true),
                    SamplingMachine = table.Column<string>(type: "text", nullable: true),
                    ClaimedQuality = table.Column<double>(type: "double precision", nullable: true),
                    Level = table.Column<string>(type: "text", nullable: false),
                    Quality = table.Column<double>(type: "double precision", nullable: true),
                    QualityLow = table.Column<double>(type: "double precision", nullable: true),
                    QualityHigh = table.Column<double>(type: "double precision", nullable: true),
                    ScoreJson = table.Column<string>(type: "text", nullable: true),
                    Disproved = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    LevelAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LeaderboardEntries", x => x.Id);
                    table.ForeignKey(
                        name: "FK_LeaderboardEntries_AspNetUsers_OwnerId",
                        column: x => x.OwnerId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "MemberShares",
                columns: table => new
                {
                    MemberId = table.Column<Guid>(type: "uuid", nullable: false),
                    Weight = table.Column<double>(type: "double precision", nullable: false),
                    UsedSeconds = table.Column<double>(type: "double precision", nullable: false),
                    UsedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MemberShares", x => x.MemberId);
                    table.ForeignKey(
                        name: "FK_MemberShares_AspNetUsers_MemberId",
                        column: x => x.MemberId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "RunForecasts",
                columns: table => new
                {
                    RunId = table.Column<Guid>(type: "uuid", nullable: false),
                    SecondsLow = table.Column<double>(type: "double precision", nullable: false),
                    SecondsMid = table.Column<double>(type: "double precision", nullable: false),
                    SecondsHigh = table.Column<double>(type: "double precision", nullable: false),
                    MemoryBytes = table.Column<long>(type: "bigint", nullable: false),
                    DiskBytes = table.Column<long>(type: "bigint", nullable: false),
                    Calibrated = table.Column<bool>(type: "boolean", nullable: false),
                    StartLow = table.Column<long>(type: "bigint", nullable: true),
                    StartHigh = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RunForecasts", x => x.RunId);
                    table.ForeignKey(
                        name: "FK_RunForecasts_Runs_RunId",
                        column: x => x.RunId,
                        principalTable: "Runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "EntryChecks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    EntryId = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<string>(type: "text", nullable: false),
                    RequestedBy = table.Column<Guid>(type: "uuid", nullable: false),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    EndedAt = table.Column<long>(type: "bigint", nullable: true),
                    RunIds = table.Column<string>(type: "text", nullable: false),
                    Repetitions = table.Column<int>(type: "integer", nullable: false),
                    Result = table.Column<double>(type: "double precision", nullable: true),
                    Reason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_EntryChecks", x => x.Id);
                    table.ForeignKey(
                        name: "FK_EntryChecks_LeaderboardEntries_EntryId",
                        column: x => x.EntryId,
                        principalTable: "LeaderboardEntries",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Attempts_Charged",
                table: "Attempts",
                column: "Charged");

            migrationBuilder.CreateIndex(
                name: "IX_ArenaVotes_MemberId_FirstEntry_SecondEntry_Clip",
                table: "ArenaVotes",
                columns: new[] { "MemberId", "FirstEntry", "SecondEntry", "Clip" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_EntryChecks_EntryId",
                table: "EntryChecks",
                column: "EntryId");

            migrationBuilder.CreateIndex(
                name: "IX_EntryChecks_State_Kind",
                table: "EntryChecks",
                columns: new[] { "State", "Kind" });

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_CheckpointSha256",
                table: "LeaderboardEntries",
                column: "CheckpointSha256");

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_Number",
                table: "LeaderboardEntries",
                column: "Number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_OwnerId",
                table: "LeaderboardEntries",
                column: "OwnerId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ArenaVotes");

            migrationBuilder.DropTable(
                name: "EntryChecks");

            migrationBuilder.DropTable(
                name: "MemberShares");

            migrationBuilder.DropTable(
                name: "RunForecasts");

            migrationBuilder.DropTable(
                name: "LeaderboardEntries");

            migrationBuilder.DropIndex(
                name: "IX_Attempts_Charged",
                table: "Attempts");

            migrationBuilder.DropColumn(
                name: "Joules",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "JoulesPerVideoSecond",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "Machine",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "SecondsPerVideoSecond",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "Charged",
                table: "Attempts");
        }
    }
}
