using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MiniSora.Web.Storage.Migrations
{
    /// <inheritdoc />
    public partial class RemoteAttempts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "Remote",
                table: "Attempts",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Remote",
                table: "Attempts");
        }
    }
}
