@echo off
rem CrabStudio's one command on Windows: `crab studio` starts the studio, `crab test` runs every test; any other verb goes
rem to the `crab` program (see `crab --help`). Builds what is out of date first.
setlocal enabledelayedexpansion
set "CRAB_HOME=%~dp0"
if "%CRAB_HOME:~-1%"=="\" set "CRAB_HOME=%CRAB_HOME:~0,-1%"
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
where dotnet >nul 2>nul || (echo crab: the .NET SDK was not found; version 10 or newer is needed. See https://dot.net/download 1>&2 & exit /b 1)
set "NEEDS_FFMPEG="
for %%v in (studio ask batch probe test) do if /i "%~1"=="%%v" set NEEDS_FFMPEG=1
if defined NEEDS_FFMPEG (
  where ffmpeg >nul 2>nul || (echo crab: ffmpeg was not found; install it with:  winget install Gyan.FFmpeg 1>&2 & exit /b 1)
)
if /i "%~1"=="test" goto :test
dotnet build "%CRAB_HOME%\src\CrabStudio.Cli\CrabStudio.Cli.csproj" -c Release -v quiet -clp:ErrorsOnly 1>&2 || exit /b 1
dotnet "%CRAB_HOME%\src\CrabStudio.Cli\bin\Release\net10.0\win-x64\crab.dll" %*
exit /b %errorlevel%

:test
echo crab: building everything 1>&2
dotnet build "%CRAB_HOME%\CrabStudio.sln" -c Release -v quiet -clp:ErrorsOnly 1>&2 || exit /b 1
set /a PASSED=0, FAILED=0, SKIPPED=0, STATUS=0
set "LOG=%TEMP%\crab-test-%RANDOM%%RANDOM%.log"
for %%r in (Media Tasks Model Training Engine Cli Web Browser) do (
  set "NAME=CrabStudio.%%r.Tests"
  if "%%r"=="Browser" set "NAME=CrabStudio.Browser"
  echo == !NAME!
  dotnet "%CRAB_HOME%\tests\!NAME!\bin\Release\net10.0\win-x64\!NAME!.dll" -noLogo -noColor > "%LOG%" 2>&1 < nul
  set CODE=!errorlevel!
  type "%LOG%"
  set "TOTAL="
  set /a ERRORS=0, BAD=0, UNRUN=0
  rem NAME  Total: 9, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.2s
  for /f "tokens=3,5,7,9,12 delims=:, " %%a in ('findstr /r /c:"Total: [0-9]*, Errors: [0-9]*, Failed: [0-9]*, Skipped: [0-9]*" "%LOG%"') do (
    set /a TOTAL=%%a, ERRORS=%%b, BAD=%%c, UNRUN=%%e, FAILED+=%%b+%%c, SKIPPED+=%%d, PASSED+=%%a-%%c-%%d-%%e
  )
  if not defined TOTAL set TOTAL=0
  set /a FAULTS=ERRORS+BAD
  if !TOTAL!==!UNRUN! (
    echo crab: !NAME! ran no test 1>&2
    set /a FAILED+=1
  ) else if not !CODE!==0 if !FAULTS!==0 (
    echo crab: !NAME! ended with exit code !CODE!, though no test failed 1>&2
    set /a FAILED+=1
  )
  if not !CODE!==0 set STATUS=1
)
del "%LOG%" 2>nul
if not %FAILED%==0 set STATUS=1
echo %PASSED% passed, %FAILED% failed, %SKIPPED% skipped
exit /b %STATUS%
