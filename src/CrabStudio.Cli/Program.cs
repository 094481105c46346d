using System.CommandLine;
using CrabStudio.Cli;
using CrabStudio.Cli.Verbs;

RootCommand root = new("CrabStudio: ask an audio-visual language model about a clip, and see which expert worked on what.")
{
    StudioVerb.Create(),
    BundleVerb.Create(),
    SessionsVerb.Create(),
    AskVerb.Create(),
    BatchVerb.Create(),
    ProbeVerb.Create(),
    TrainVerb.Create(),
    InfoVerb.Create(),
    DataVerb.Create(),
    TimelineVerb.Create(),
    MetricsVerb.Create(),
    EvaluateVerb.Create(),
    CardVerb.Create(),
    StudyVerb.Create(),
    WorldVerb.Create(),
};
return await CommandRunner.RunAsync(root, args);
