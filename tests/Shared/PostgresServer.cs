using System.Diagnostics;

namespace MiniSora.Tests;

/// <summary>
/// A real PostgreSQL from the distribution's package, on a free port of the loopback address with a folder of its own. As root it runs as the user
/// postgres, since it refuses root.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("minisora-postgres-").FullName;

    private PostgresServer()
    {
    }

    public int Port { get; } = Ports.Free();

    /// <summary>Connection string of a database; the databases are made by <see cref="CreateAsync"/>.</summary>
    public string Of(string database) => $"Host=127.0.0.1;Port={Port};Database={database};Username=postgres;Pooling=true;Maximum Pool Size=50;Include Error Detail=true";

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        if (IsRoot)
            await RunAsync("chown", "postgres", server.folder);
        await server.AsPostgresAsync("initdb", "-D", server.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        await server.StartServerAsync();
        return server;
    }

    /// <summary>Makes a database.</summary>
    public async Task<string> CreateAsync(string database)
    {
        await AsPostgresAsync("createdb", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", database);
        return Of(database);
    }

    /// <summary>Starts a second server that follows this one and can only be read, as an operator does.</summary>
    public async Task<PostgresServer> FollowAsync()
    {
        var server = new PostgresServer();
        if (IsRoot)
            await RunAsync("chown", "postgres", server.folder);
        await AsPostgresAsync("pg_basebackup", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-D", server.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync");
        await server.StartServerAsync();
        return server;
    }

    /// <summary>Stops it as an operator does, waiting for nobody, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await AsPostgresAsync("pg_ctl", "-D", Data, "-m", "fast", "-w", "stop");
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await AsPostgresAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        Directory.Delete(folder, recursive: true);
    }

    private string Data => Path.Combine(folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    private Task StartServerAsync() => AsPostgresAsync(
        "pg_ctl", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(folder, "log"),
        "-o", $"-c listen_addresses=127.0.0.1 -c port={Port} -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=300 -c hot_standby_feedback=on", "start");

    private Task AsPostgresAsync(string program, params string[] arguments)
    {
        var path = Find(program);
        return IsRoot ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments]) : RunAsync(path, arguments);
    }

    // Debian keeps the server's programs beside each other by version, outside the path.
    private static string Find(string program)
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", program)).Where(File.Exists).Order().LastOrDefault() : null;
        return installed ?? program;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // The server inherits what it is given: a pipe would stay open as long as it lives.
        var log = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
            foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, program, .. arguments])
                start.ArgumentList.Add(argument);
            start.Environment["LC_ALL"] = "C.UTF-8";
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await File.ReadAllTextAsync(log)}");
        }
        finally
        {
            File.Delete(log);
        }
    }
}
