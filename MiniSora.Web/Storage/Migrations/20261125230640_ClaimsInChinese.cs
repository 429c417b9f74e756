using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MiniSora.Web.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ClaimsInChinese : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "CostZh",
                table: "PaperClaims",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "MetricZh",
                table: "PaperClaims",
                type: "TEXT",
                nullable: false,
                defaultValue: "");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CostZh",
                table: "PaperClaims");

            migrationBuilder.DropColumn(
                name: "MetricZh",
                table: "PaperClaims");
        }
    }
}
