using Hangfire.Logging;
using Microsoft.Extensions.Logging;
using Level = Hangfire.Logging.LogLevel;

namespace MiniSora.Jobs.Worker;

/// <summary>
/// What Hangfire logs, into the logs of the host. Hangfire keeps one provider for a process: where several hosts follow each other in one, as in tests,
/// it may be asked after its host has gone.
/// </summary>
public sealed class QueueLogs(ILoggerFactory loggers) : ILogProvider
{
    /// <inheritdoc/>
    public ILog GetLogger(string name)
    {
        try
        {
            return new Log(loggers.CreateLogger(name));
        }
        catch (ObjectDisposedException)
        {
            return new Log(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        }
    }

    private sealed class Log(ILogger logger) : ILog
    {
        bool ILog.Log(Level logLevel, Func<string>? messageFunc, Exception? exception)
        {
            var level = logLevel switch
            {
                Level.Trace => Microsoft.Extensions.Logging.LogLevel.Trace,
                Level.Debug => Microsoft.Extensions.Logging.LogLevel.Debug,
                Level.Info => Microsoft.Extensions.Logging.LogLevel.Information,
                Level.Warn => Microsoft.Extensions.Logging.LogLevel.Warning,
                Level.Error => Microsoft.Extensions.Logging.LogLevel.Error,
                _ => Microsoft.Extensions.Logging.LogLevel.Critical,
            };
            if (messageFunc is null)
                return logger.IsEnabled(level);
            if (logger.IsEnabled(level))
                logger.Log(level, default, messageFunc(), exception, static (text, _) => text);
            return true;
        }
    }
}
