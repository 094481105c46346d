using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Razor.Language;
using Microsoft.AspNetCore.Razor.Language.Intermediate;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CrabStudio.Web.Tests;

/// <summary>
/// Words of pages that are not looked up in the list of words: text between tags, attributes that are read or heard, and
/// C# literals that end up in either or that a page's code holds for them.
/// </summary>
internal static partial class BareText
{
    // Attributes of elements, and parameters of components, whose value a person reads or hears.
    private static readonly HashSet<string> Spoken =
    [
        "aria-label", "aria-description", "aria-valuetext", "aria-roledescription", "aria-placeholder", "title", "placeholder", "alt", "label",
        "Title", "Text", "Label", "AriaLabel", "Caption", "HelperText", "Placeholder", "ErrorText", "RequiredError", "About", "Help", "Heading", "Message", "Hint", "Words", "Unit",
    ];

    // The same in every language: the product, units, keys and their like. Single letters are units, experts or signs of formulas.
    private static readonly HashSet<string> Same = ["CrabStudio", "kHz", "fps", "kB", "MB", "GB", "ms", "PNG", "SVG", "CSV", "Ctrl", "Shift", "Alt", "Enter", "Esc", "Escape", "Home", "End"];

    // What these are given are formats, names and signs, and no words.
    private static readonly HashSet<string> Technical = ["ToString", "Number", "Split", "StartsWith", "EndsWith", "Contains", "Replace", "InvokeAsync", "InvokeVoidAsync", "Tested", "Named", "Missing", "Parse", "TryGetValue", "IndexOf", "LastIndexOf", "LogError", "LogWarning", "LogInformation"];

    /// <summary>Every finding in the pages of a folder, as file, line and words.</summary>
    /// <param name="folder">The folder, with all below it.</param>
    public static IEnumerable<string> In(string folder)
    {
        RazorProjectFileSystem files = RazorProjectFileSystem.Create(folder);
        RazorProjectEngine engine = Engine(files);
        foreach (RazorProjectItem page in files.EnumerateItems("/").Where(item => item.FileName.EndsWith(".razor", StringComparison.Ordinal)))
        {
            RazorCodeDocument code = engine.Process(page);
            foreach (string fault in code.GetSyntaxTree().Diagnostics.Select(one => $"{page.FilePath} cannot be read: {one}").Concat(Of(code.GetDocumentIntermediateNode(), page.FilePath)))
            {
                yield return fault;
            }
        }
    }

    /// <summary>The same in one text of a page.</summary>
    public static IReadOnlyList<string> Of(string page)
    {
        RazorProjectEngine engine = Engine(RazorProjectFileSystem.Create(Path.GetTempPath()));
        return [.. Of(engine.Process(RazorSourceDocument.Create(page, "page.razor"), FileKinds.Component, [], []).GetDocumentIntermediateNode(), "page.razor")];
    }

    // Without what joins markup into whole strings.
    private static RazorProjectEngine Engine(RazorProjectFileSystem files) => RazorProjectEngine.Create(RazorConfiguration.Default, files, builder =>
    {
        foreach (IRazorFeature joins in builder.Features.Where(feature => feature.GetType().Name is "ComponentMarkupBlockPass" or "ComponentMarkupEncodingPass").ToArray())
        {
            builder.Features.Remove(joins);
        }
    });

    private static IEnumerable<string> Of(IntermediateNode node, string file)
    {
        switch (node)
        {
            case MarkupElementIntermediateNode { TagName: "kbd" or "code" or "script" or "style" }:
                return node.Children.OfType<HtmlAttributeIntermediateNode>().SelectMany(attribute => Of(attribute, file));
            case HtmlAttributeIntermediateNode attribute:
                bool spoken = Spoken.Contains(attribute.AttributeName);
                bool parameter = char.IsUpper(attribute.AttributeName[0]) && attribute.AttributeName is not ("Class" or "Style" or "Command");

                // A text comes in words.
                string plain = string.Join(' ', Tokens(attribute).Where(token => !token.IsCSharp).Select(token => token.Content));
                return !spoken && !parameter ? [] : Tokens(attribute).Where(token => token.IsCSharp)
                    .SelectMany(token => Literals(SyntaxFactory.ParseExpression(token.Content))).Append(plain)
                    .Where(text => spoken ? HasWords(text) : Prose().IsMatch(text) && !Code().IsMatch(text))
                    .Select(text => Found(file, attribute, text));
            case HtmlContentIntermediateNode:
                return Tokens(node).Select(token => token.Content).Where(HasWords).Select(text => Found(file, node, text));
            case CSharpExpressionIntermediateNode:
                string code = string.Concat(node.Children.OfType<IntermediateToken>().Where(token => token.IsCSharp).Select(token => token.Content));
                return Literals(SyntaxFactory.ParseExpression(code)).Where(HasWords).Select(text => Found(file, node, text)).Concat(Below(node, file));
            case CSharpCodeIntermediateNode when node.Children.OfType<IntermediateToken>().Any():
                string members = string.Concat(node.Children.OfType<IntermediateToken>().Select(token => token.Content));
                return Literals(CSharpSyntaxTree.ParseText(members, CSharpParseOptions.Default.WithKind(SourceCodeKind.Script)).GetRoot())
                    .Where(text => (Prose().IsMatch(text) || Label().IsMatch(text)) && HasWords(text)).Select(text => Found(file, node, text)).Concat(Below(node, file));
            default:
                return Below(node, file);
        }
    }

    private static IEnumerable<string> Below(IntermediateNode node, string file) => node.Children.SelectMany(child => Of(child, file));

    private static IEnumerable<IntermediateToken> Tokens(IntermediateNode node) => node.FindDescendantNodes<IntermediateToken>();

    // The texts of literals in code that are no keys of words, and neither compared with something nor given to what takes no words.
    private static IEnumerable<string> Literals(SyntaxNode code) => code.DescendantTokens()
        .Where(token => token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken)
        .Where(token => !token.Parent!.AncestorsAndSelf().Any(IsNoWord))
        .Select(token => token.ValueText);

    private static bool IsNoWord(SyntaxNode node) => node switch
    {
        BracketedArgumentListSyntax { Parent: ElementAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "L" } } } => false,
        ArgumentSyntax { Parent: BracketedArgumentListSyntax { Parent: ElementAccessExpressionSyntax access } arguments } argument =>
            access.Expression is not IdentifierNameSyntax { Identifier.Text: "L" } || arguments.Arguments[0] == argument,
        BracketedArgumentListSyntax { Parent: ImplicitElementAccessSyntax } => true,
        ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } => Technical.Contains(Name(call.Expression)),
        PatternSyntax or AttributeSyntax or ThrowStatementSyntax or ThrowExpressionSyntax or CaseSwitchLabelSyntax => true,
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression or (int)SyntaxKind.NotEqualsExpression } => true,
        InterpolationFormatClauseSyntax => true,
        _ => false,
    };

    private static string Name(ExpressionSyntax called) => called switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        MemberBindingExpressionSyntax member => member.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    };

    private static bool HasWords(string text) => Word().Matches(Entity().Replace(text, " ")).Any(word => word.Length > 1 && !Same.Contains(word.Value));

    private static string Found(string file, IntermediateNode node, string text) => $"{file}({node.Source?.LineIndex + 1}): {text.Trim().ReplaceLineEndings(" ")}";

    [GeneratedRegex(@"\p{L}+")]
    private static partial Regex Word();

    [GeneratedRegex("&#?[a-zA-Z0-9]+;|<![^>]*>")]
    private static partial Regex Entity();

    // At least two words with nothing between but what stands between words.
    [GeneratedRegex(@"\p{L}{2,}[,.;:…]? \p{L}{2,}")]
    private static partial Regex Prose();

    // One word as a label has it.
    [GeneratedRegex(@"^\p{Lu}\p{Ll}+[.:…]?$")]
    private static partial Regex Label();

    // What a parameter is given as code, without an @.
    [GeneratedRegex(@"[=!()&|<>\[\]{}]|\bis\b|\bnew\b")]
    private static partial Regex Code();
}
