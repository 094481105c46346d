# The studio in a container. CPU:   docker build -t crabstudio .
#                            CUDA:  docker build -t crabstudio:cuda --build-arg TORCH_BACKEND=cuda .
# Run:  docker run -p 8080:8080 -v crab-data:/data -e CRAB_ACCESS_KEY=choose-one crabstudio
# A read-only root is possible:  docker run --read-only --tmpfs /tmp …
ARG DOTNET_IMAGES=mcr.microsoft.com/dotnet

FROM ${DOTNET_IMAGES}/sdk:10.0 AS build
ARG TORCH_BACKEND=cpu
WORKDIR /source
COPY . .
RUN dotnet publish src/CrabStudio.Cli/CrabStudio.Cli.csproj -c Release -r linux-x64 --no-self-contained \
      -p:TorchBackend=${TORCH_BACKEND} -o /app

FROM ${DOTNET_IMAGES}/aspnet:10.0 AS run
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown "$APP_UID" /data
COPY --from=build /app /app
COPY models /app/models
# No diagnostics pipe and no home folder are needed, so the root file system may be read-only.
ENV DOTNET_EnableDiagnostics=0 \
    CRAB_HOME=/app \
    TMPDIR=/tmp
USER $APP_UID
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200'"]
# Listening beyond loopback needs an access key: set CRAB_ACCESS_KEY.
ENTRYPOINT ["dotnet", "/app/crab.dll", "studio", "--data", "/data", "--urls", "http://0.0.0.0:8080"]
