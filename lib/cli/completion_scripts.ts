/**
 * Scripts that ask this program for completions: `epack __complete <words…>` prints `word<TAB>description` lines. The shell adds
 * file names where there are none.
 */
export const COMPLETION_SCRIPTS = {
  bash: `_epack() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [[ -n "$line" && "$line" == "$cur"* ]] && COMPREPLY+=("$line")
  done < <(epack __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o bashdefault -F _epack epack
`,
  zsh: `#compdef epack
_epack() {
  local -a found
  local word text
  while IFS=$'\\t' read -r word text; do
    [[ -n "$word" ]] && found+=("\${word//:/\\\\:}:\${text}")
  done < <(epack __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe 'epack' found; else _files; fi
}
if [[ "\${funcstack[1]}" == "_epack" ]]; then _epack "$@"; else compdef _epack epack; fi
`,
  fish: `function __epack_complete
  set -l words (commandline -opc) (commandline -ct)
  epack __complete $words[2..-1] 2>/dev/null
end
complete -c epack -a '(__epack_complete)'
`,
} as const;

export type Shell = keyof typeof COMPLETION_SCRIPTS;
