using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CrabStudio.Web.Api;

/// <summary>What <c>/openapi/v1.json</c> says beside what the code says by itself.</summary>
public static class ApiDescription
{
    /// <summary>Sets it up.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "CrabStudio",
                Version = "v1",
                Description = "Ask an audio-visual language model about clips. Errors are problem details whose detail is one plain line. "
                    + "A studio with an access key takes it as “Authorization: Bearer KEY”. Answers stream from the SignalR hub /hubs/answers, method Watch(answerId, fromToken).",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<MultipartBody>().Any())
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType>
                    {
                        ["multipart/form-data"] = new()
                        {
                            Schema = new OpenApiSchema
                            {
                                Type = JsonSchemaType.Object,
                                Required = new HashSet<string> { "file" },
                                Properties = new Dictionary<string, IOpenApiSchema> { ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
                            },
                        },
                    },
                };
            }

            return Task.CompletedTask;
        });
    }
}
