using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MiniSora.Web.Storage.MigrationsPostgres
{
    /// <inheritdoc />
    public partial class Scale : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Posts_AuthorId",
                table: "Posts");

            migrationBuilder.DropIndex(
                name: "IX_Posts_HiddenAt_Number",
                table: "Posts");

            migrationBuilder.CreateIndex(
                name: "IX_Runs_Kind_Number",
                table: "Runs",
                columns: new[] { "Kind", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Runs_SpecHash",
                table: "Runs",
                column: "SpecHash");

            migrationBuilder.CreateIndex(
                name: "IX_Runs_State_EndedAt",
                table: "Runs",
                columns: new[] { "State", "EndedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Posts_AuthorId_HiddenAt_Number",
                table: "Posts",
                columns: new[] { "AuthorId", "HiddenAt", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Posts_HiddenAt_Number_Model_Dataset_Task_Size_Licence_Devic~",
                table: "Posts",
                columns: new[] { "HiddenAt", "Number", "Model", "Dataset", "Task", "Size", "Licence", "DeviceSeconds" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Runs_Kind_Number",
                table: "Runs");

            migrationBuilder.DropIndex(
                name: "IX_Runs_SpecHash",
                table: "Runs");

            migrationBuilder.DropIndex(
                name: "IX_Runs_State_EndedAt",
                table: "Runs");

            migrationBuilder.DropIndex(
                name: "IX_Posts_AuthorId_HiddenAt_Number",
                table: "Posts");

            migrationBuilder.DropIndex(
                name: "IX_Posts_HiddenAt_Number_Model_Dataset_Task_Size_Licence_Devic~",
                table: "Posts");

            migrationBuilder.CreateIndex(
                name: "IX_Posts_AuthorId",
                table: "Posts",
                column: "AuthorId");

            migrationBuilder.CreateIndex(
                name: "IX_Posts_HiddenAt_Number",
                table: "Posts",
                columns: new[] { "HiddenAt", "Number" });
        }
    }
}
