-- Parts in another language say so, headings too: a screen reader then speaks them as they are meant.
--
-- `# Summary {#sec-english lang=en}` and `[words]{lang=en}`. In the page the words of the heading carry the
-- language, so that the contents do as well; on paper they are set in it, and hyphenated by its rules. Titles in
-- literatuur.bib say it in their own way, `\foreignlanguage{english}{…}`.

local typst = FORMAT:match("^typst") ~= nil

local function spoken(inlines, language)
  local result = pandoc.Inlines({ pandoc.RawInline("typst", '#text(lang: "' .. language .. '")[') })
  result:extend(inlines)
  result:insert(pandoc.RawInline("typst", "]"))
  return result
end

local function code(el)
  local language = el.attributes.lang
  return language and language:match("^%a%a%a?$")
end

-- A number that stands in the heading already is read in the language of the document.
local function after_number(inlines)
  local first = inlines[1]
  return first and first.t == "Span" and first.classes:includes("header-section-number") and 2 or 0
end

local function heading(header)
  local language = code(header)
  if language then
    local begin, words = pandoc.Inlines({}), pandoc.Inlines({})
    local numbered = after_number(header.content)
    for place, inline in ipairs(header.content) do
      (place > numbered and words or begin):insert(inline)
    end
    begin:insert(pandoc.Span(words, pandoc.Attr("", {}, { lang = language })))
    header.content = begin
    header.attributes.lang = nil
    return header
  end
end

return {
  { Header = heading },
  -- The page keeps a span as it is: who asks for every span goes through the whole text for it.
  typst and {
    Span = function(span)
      local language = code(span)
      if language then
        return spoken(span.content, language)
      end
    end,
  } or {},
}
