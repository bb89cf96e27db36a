# Writes OUT: the FILES of FOLDER as the texts of contracts/sdk/texts.h.
set(code "#include \"contracts/sdk/texts.h\"\n\nnamespace keten::sdk {\nnamespace {\nconst Text kTexts[] = {\n")
foreach(name IN LISTS FILES)
  file(READ ${FOLDER}/${name} text)
  string(APPEND code "    {R\"~(${name})~\", R\"~(${text})~\"},\n")
endforeach()
string(APPEND code "};\n}  // namespace\nstd::span<const Text> texts() { return kTexts; }\n}  // namespace keten::sdk\n")
file(WRITE ${OUT} "${code}")
