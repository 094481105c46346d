@echo off
rem CrabStudio's one command on Windows: builds what is out of date, then runs the `crab` program or the tests.
setlocal enabledelayedexpansion
set "CRAB_HOME=%~dp0"
if "%CRAB_HOME:~-1%"=="\" set "CRAB_HOME=%CRAB_HOME:~0,-1%"
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
where dotnet >nul 2>nul || (echo crab: the .NET SDK was not found; version 10 or newer is needed. See https://dot.net/download 1>&2 & exit /b 1)
where ffmpeg >nul 2>nul || (echo crab: ffmpeg was not found; install it with:  winget install Gyan.FFmpeg 1>&2 & exit /b 1)
if /i "%~1"=="test" (
  dotnet test --solution "%CRAB_HOME%\CrabStudio.sln" -c Release
  exit /b !errorlevel!
)
dotnet build "%CRAB_HOME%\src\CrabStudio.Cli\CrabStudio.Cli.csproj" -c Release -v quiet -clp:ErrorsOnly 1>&2 || exit /b 1
dotnet "%CRAB_HOME%\src\CrabStudio.Cli\bin\Release\net10.0\win-x64\crab.dll" %*
exit /b %errorlevel%
