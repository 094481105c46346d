namespace CrabStudio.Model;

/// <summary>Which model is loaded, and how.</summary>
/// <param name="Folder">A Hugging Face folder of Qwen2.5-Omni.</param>
/// <param name="AdapterFile">The authors' <c>finetune_weights.bin</c>; null: no adapter.</param>
/// <param name="Alpha">alpha of the adapter; null: <c>lora_alpha</c> of <c>adapter_config.json</c> beside the file.</param>
/// <param name="Device"><c>auto</c> (cuda when there is one), <c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Precision"><c>auto</c> (bf16 on cuda and for bases over a billion parameters, else fp32), <c>fp32</c> or <c>bf16</c>.</param>
public sealed record ModelOptions(string Folder, string? AdapterFile = null, double? Alpha = null, string Device = "auto", string Precision = "auto");
