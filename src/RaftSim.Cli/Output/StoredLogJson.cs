using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftSim.Cli.Commands;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Cli.Output;

/// <summary>A log for programs: one JSON object in one line, its members always in the same order.</summary>
internal static class StoredLogJson
{
    /// <summary>Writes it.</summary>
    public static string Of(StoredLogView view)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteServer(json, view);
            WriteConfiguration(json, view.Contents);
            WriteAutopilot(json, view.Contents.State);
            WriteSegments(json, view.Reading);
            if (view.Listed is { } listed)
            {
                WriteEntries(json, listed);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteServer(Utf8JsonWriter json, StoredLogView view)
    {
        RecoveredState state = view.Reading.State;
        json.WriteString("Folder", view.Folder);
        json.WriteString("Server", view.Reading.Id.ToString());
        json.WriteString("Disk", view.Reading.Disk.ToString());
        json.WriteString("Cluster", state.Cluster.IsNone ? "" : state.Cluster.ToString());
        json.WriteNumber("Term", state.HardState.Term.Value);
        json.WriteString("Vote", state.HardState.Vote.ToString());
        json.WriteNumber("FirstIndex", view.First.Value);
        json.WriteNumber("LastIndex", view.Last.Value);
        json.WriteNumber("LastTerm", view.Contents.LastTerm.Value);
        json.WriteStartObject("Counts");
        json.WriteNumber("Noop", view.Contents.Noops);
        json.WriteNumber("Command", view.Contents.Commands);
        json.WriteNumber("UserCommand", view.Contents.UserCommands);
        json.WriteNumber("Configuration", view.Contents.Configurations);
        json.WriteEndObject();
        WriteSnapshot(json, view.Reading.Snapshot);
    }

    private static void WriteSnapshot(Utf8JsonWriter json, SnapshotReading? snapshot)
    {
        if (snapshot is null)
        {
            json.WriteNull("Snapshot");
            return;
        }

        json.WriteStartObject("Snapshot");
        json.WriteString("File", snapshot.File.Name);
        json.WriteNumber("Index", snapshot.Snapshot.Last.Index.Value);
        json.WriteNumber("Term", snapshot.Snapshot.Last.Term.Value);
        json.WriteNumber("Bytes", snapshot.Bytes);
        json.WriteNumber("Chunks", snapshot.Chunks);
        json.WriteEndObject();
    }

    private static void WriteConfiguration(Utf8JsonWriter json, LogContents contents)
    {
        json.WriteStartObject("Configuration");
        json.WriteNumber("Index", contents.ConfigurationIndex.Value);
        json.WriteNumber("Term", contents.ConfigurationTerm.Value);
        json.WriteStartArray("Servers");
        foreach (ref readonly ConfiguredServer server in contents.Configuration.Servers)
        {
            json.WriteStartObject();
            json.WriteString("ID", server.Id.ToString());
            json.WriteString("Address", server.Address.ToString());
            json.WriteString("Disk", server.Disk.ToString());
            json.WriteBoolean("Voter", server.Suffrage == Suffrage.Voter);
            json.WriteNumber("AddedAt", server.AddedAt.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAutopilot(Utf8JsonWriter json, ClusterState state)
    {
        if (state.Autopilot is not { } config)
        {
            json.WriteNull("AutopilotIfAllApplied");
            return;
        }

        json.WriteStartObject("AutopilotIfAllApplied");
        foreach ((string name, string value, bool isText) in EntryGist.Of(config))
        {
            json.WritePropertyName(name);
            if (isText)
            {
                json.WriteStringValue(value);
            }
            else
            {
                json.WriteRawValue(value);
            }
        }

        json.WriteNumber("CreateIndex", state.CreateIndex.Value);
        json.WriteNumber("ModifyIndex", state.ModifyIndex.Value);
        json.WriteEndObject();
    }

    private static void WriteSegments(Utf8JsonWriter json, LogReading reading)
    {
        json.WriteStartArray("Segments");
        foreach (LogSegment segment in reading.Segments)
        {
            json.WriteStartObject();
            json.WriteString("File", segment.File.Name);
            json.WriteNumber("Bytes", segment.Bytes);
            json.WriteNumber("Used", segment.End);
            json.WriteNumber("Frames", segment.Frames);
            json.WriteNumber("TornBytes", segment.Rest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("Unfinished");
        foreach (FileId file in reading.Unfinished)
        {
            json.WriteStringValue(file.Name);
        }

        json.WriteEndArray();
        json.WriteNumber("Frames", reading.Frames);
        json.WriteNumber("SyncedThrough", reading.SyncedThrough);
    }

    private static void WriteEntries(Utf8JsonWriter json, IReadOnlyList<LogEntry> entries)
    {
        json.WriteStartArray("Entries");
        foreach (LogEntry entry in entries)
        {
            json.WriteStartObject();
            json.WriteNumber("Index", entry.Index.Value);
            json.WriteNumber("Term", entry.Term.Value);
            json.WriteString("Kind", entry.Kind.ToString().ToLowerInvariant());
            json.WriteNumber("Bytes", entry.Payload.Length);
            json.WriteString("What", EntryGist.Of(entry));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
