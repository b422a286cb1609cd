namespace RaftSim.Runtime;

/// <summary>A data folder cannot be used: another server has it open, it cannot be made, or it cannot be written to.</summary>
public sealed class DataFolderException : Exception
{
    /// <summary>Says which folder, and why.</summary>
    public DataFolderException(string folder, string reason, Exception? inner = null)
        : base($"data folder {folder}: {reason}", inner) => Folder = folder;

    /// <summary>No folder in particular.</summary>
    public DataFolderException() : this("", "cannot be used") { }

    /// <summary>No folder in particular.</summary>
    public DataFolderException(string message) : base(message) { }

    /// <summary>No folder in particular.</summary>
    public DataFolderException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The full path of the folder; empty when not known.</summary>
    public string Folder { get; } = "";
}
