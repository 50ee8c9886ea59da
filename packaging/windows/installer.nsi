; Installer for one user, without administrator: makensis -DVERSION=0.2.0 installer.nsi
; Run from the repository root with dist\JRViewer built; writes dist\JRViewer-VERSION-setup.exe.
Unicode true
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"

!ifndef VERSION
    !error "Say the version: makensis -DVERSION=0.2.0"
!endif
!ifndef BUNDLE
    !define BUNDLE "..\..\dist\JRViewer"
!endif
!ifndef ICON
    !define ICON "..\..\build\icons\JRViewer.ico"
!endif
!ifndef OUTPUT
    !define OUTPUT "..\..\dist\JRViewer-${VERSION}-setup.exe"
!endif
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\JRViewer"
!define KIND "JRViewer.dcm"

Name "JRViewer ${VERSION}"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\JRViewer"
InstallDirRegKey HKCU "Software\JRViewer" "Folder"
SetCompressor /SOLID lzma
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "JRViewer"
VIAddVersionKey "FileDescription" "JRViewer installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEPAGE_TEXT "JRViewer denoises a medical slice and infers its anatomy in 3D, on this computer alone.$\r$\n$\r$\nResearch preview. Not for diagnosis or treatment."
!define MUI_FINISHPAGE_RUN "$INSTDIR\JRViewer.exe"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A program that runs can't be replaced: halfway there the app would be broken.
!macro CLOSED_FIRST
    ${Do}
        ${IfNot} ${FileExists} "$INSTDIR\JRViewer.exe"
            ${ExitDo}
        ${EndIf}
        ClearErrors
        FileOpen $0 "$INSTDIR\JRViewer.exe" a
        ${IfNot} ${Errors}
            FileClose $0
            ${ExitDo}
        ${EndIf}
        ${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "JRViewer is open, so nothing was changed.$\r$\n$\r$\nClose it, then try again." /SD IDCANCEL IDCANCEL`
            SetErrorLevel 2
            Quit
        ${EndIf}
    ${Loop}
!macroend

Section "JRViewer"
    !insertmacro CLOSED_FIRST
    ; Files of an older version that this one lacks must not stay and be loaded.
    RMDir /r "$INSTDIR\_internal"
    SetOutPath "$INSTDIR"
    File /r "${BUNDLE}\*"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    CreateShortcut "$SMPROGRAMS\JRViewer.lnk" "$INSTDIR\JRViewer.exe"

    WriteRegStr HKCU "Software\JRViewer" "Folder" "$INSTDIR"
    ; "Open with", not the default: which viewer opens DICOM is the user's choice.
    WriteRegStr HKCU "Software\Classes\${KIND}" "" "DICOM image"
    WriteRegStr HKCU "Software\Classes\${KIND}\DefaultIcon" "" "$INSTDIR\JRViewer.exe,0"
    WriteRegStr HKCU "Software\Classes\${KIND}\shell\open\command" "" '"$INSTDIR\JRViewer.exe" "%1"'
    WriteRegStr HKCU "Software\Classes\.dcm\OpenWithProgids" "${KIND}" ""
    WriteRegStr HKCU "Software\Classes\.dicom\OpenWithProgids" "${KIND}" ""

    ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
    WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "JRViewer"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\JRViewer.exe"
    WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The JRViewer team"
    WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
    System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd

Section "Uninstall"
    !insertmacro CLOSED_FIRST
    ; Only what was installed: the folder may be one that holds other things, too.
    RMDir /r "$INSTDIR\_internal"
    Delete "$INSTDIR\JRViewer.exe"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\JRViewer.lnk"
    DeleteRegValue HKCU "Software\Classes\.dcm\OpenWithProgids" "${KIND}"
    DeleteRegValue HKCU "Software\Classes\.dicom\OpenWithProgids" "${KIND}"
    DeleteRegKey HKCU "Software\Classes\${KIND}"
    DeleteRegKey HKCU "${UNINSTALL}"
    DeleteRegKey HKCU "Software\JRViewer"
    System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd
