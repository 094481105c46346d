using static TorchSharp.torch;

namespace CrabStudio.Model;

/// <summary>What accompanies one forward pass through the layers.</summary>
/// <param name="Cancellation">Looked at between layers, so that Stop frees the model at once also in a long prefill.</param>
/// <param name="Progress">Told the fraction (0 to 1) of layers done; may be null.</param>
/// <param name="Trace">Told intermediate results by name (e.g. <c>text.layer0.attention</c>); null except in tests.</param>
public sealed record ForwardContext(CancellationToken Cancellation = default, Action<double>? Progress = null, Action<string, Tensor>? Trace = null);
