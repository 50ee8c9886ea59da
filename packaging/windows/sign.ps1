# Signs the file named, where there is a certificate: in the environment WINDOWS_CERTIFICATE (with its key
# as .pfx, in base64), WINDOWS_CERTIFICATE_PASSWORD and WINDOWS_TIMESTAMP_URL. Without one it says so.
param([Parameter(Mandatory)][string]$File)
$ErrorActionPreference = "Stop"
if (-not $env:WINDOWS_CERTIFICATE) {
    Write-Output "$File stays unsigned: there is no certificate."
    exit 0
}
$certificate = Join-Path ([IO.Path]::GetTempPath()) "signing.pfx"
try {
    [IO.File]::WriteAllBytes($certificate, [Convert]::FromBase64String($env:WINDOWS_CERTIFICATE))
    $tool = Get-ChildItem "${env:ProgramFiles(x86)}\Windows Kits\10\bin\*\x64\signtool.exe" | Sort-Object FullName | Select-Object -Last 1
    & $tool sign /fd SHA256 /tr $env:WINDOWS_TIMESTAMP_URL /td SHA256 /f $certificate /p $env:WINDOWS_CERTIFICATE_PASSWORD $File
    if ($LASTEXITCODE -ne 0) { exit 1 }
    & $tool verify /pa $File
    if ($LASTEXITCODE -ne 0) { exit 1 }
} finally {
    Remove-Item -Force -ErrorAction SilentlyContinue $certificate
}
